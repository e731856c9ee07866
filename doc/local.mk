dist_doc_DATA += doc/device-states.md doc/files.md doc/measuring.md
