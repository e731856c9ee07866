dist_man_MANS = man/mhictl.1 man/mhifs.8 man/mhifs.conf.5
