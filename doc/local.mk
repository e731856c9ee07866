dist_doc_DATA += doc/files.md
