dist_doc_DATA += doc/device-states.md doc/files.md doc/linux-findings.md doc/measuring.md
