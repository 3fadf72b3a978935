"""The conductor: config, data, jobs, results, report."""
