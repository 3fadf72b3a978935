"""What a network is: its layers, what follows from them, its answers and maps. It knows no folder."""
