// Arrays that stand in the page as text.

// The bytes of a text in base64.
export function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

// The float32 numbers of a text in base64, the lowest byte of each first, as all browsers' machines have them.
export function floatsOf(text) {
  return new Float32Array(bytesOf(text).buffer);
}
