# What both units say stands once, in service.in and sandbox.in.
units_in = systemd/mhifs.service.in systemd/mhifs@.service.in
unit_parts = systemd/service.in systemd/sandbox.in
EXTRA_DIST += $(units_in) $(unit_parts)

make_unit = $(AM_V_GEN)$(MKDIR_P) systemd && $(SED) \
	-e '/^@service@$$/{' -e 'r $(srcdir)/systemd/service.in' -e 'd' -e '}' \
	-e '/^@sandbox@$$/{' -e 'r $(srcdir)/systemd/sandbox.in' -e 'd' -e '}' \
	-e 's,[@]sbindir[@],$(sbindir),g'

systemd/mhifs.service: systemd/mhifs.service.in $(unit_parts) Makefile
	$(make_unit) $(srcdir)/systemd/mhifs.service.in >$@

systemd/mhifs@.service: systemd/mhifs@.service.in $(unit_parts) Makefile
	$(make_unit) '$(srcdir)/systemd/mhifs@.service.in' >$@

if UNITS
nodist_systemdsystemunit_DATA = systemd/mhifs.service systemd/mhifs@.service
CLEANFILES += $(nodist_systemdsystemunit_DATA)
endif
dist_examples_DATA += systemd/mhifs.default
