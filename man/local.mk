dist_man_MANS = man/mhi-sim.1 man/mhictl.1 man/mhifs.8 man/mhifs.conf.5
