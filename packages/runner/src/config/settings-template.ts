/** What a new candy.toml says of the keys that it does not set, so that an administrator needs no other page to change one. */

/** Lines that begin with `# KEY =` set the default when the `# ` is taken away; those that are indented further are examples. */
export const SETTINGS_TEMPLATE = `
# Every other key, with its default. To change one, take the "# " away and edit the value, above any line in [brackets]; then
# type: candy reload. "candy list" says what is wrong with this file.

# How long a quarantined message is kept, 30d or "forever". Then it is deleted, and nobody is told.
# quarantine.keep = "30d"
# Beyond this size the oldest quarantined messages are deleted, and an address that is told of new ones. None of either:
#     quarantine.max_size = "1GiB"
#     quarantine.notify = "postmaster@example.org"

# "syslog", a file that the account candy may write, or "stderr" in a container.
# log.to = "syslog"

# What became of messages, for candy status and candy report: days and size, and whether addresses are kept.
# history.keep_days = 35
# history.max_size = "256MiB"
# history.addresses = false

# Where a Prometheus on this host may ask. Nowhere:
#     metrics.listen = "127.0.0.1:9742"

# The service: time for one message in all (80s in mode smtp-before), for a silent client, for a worker without a sign of life.
# smtp.deadline = "900s"
# smtp.idle = "300s"
# smtp.hang = "30s"
# Sessions of each worker at a time, and worker processes: one a processor, at most 4.
# smtp.sessions = 250
#     smtp.workers = 2
# What Postfix speaks to it ("smtp" in mode smtp-before), and where both meet: sockets in Postfix's queue directory.
# smtp.protocol = "lmtp"
#     smtp.listen = "192.0.2.1:10024"
#     smtp.next_hop = "192.0.2.2:10025"

# Mode milter: time for judging one message, while its client waits, and where Postfix reaches it: a socket in its queue directory.
# milter.deadline = "100s"
#     milter.listen = "192.0.2.1:10024"

# Mode pipe: time for one message in all, and the way back into Postfix.
# pipe.deadline = "900s"
# pipe.reinject = "sendmail"
# pipe.sendmail = "/usr/sbin/sendmail"

# What the messages of one worker together may have in memory; what exceeds it is in files.
# spool.memory = "24MiB"
`
