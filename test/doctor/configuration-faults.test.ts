/** Every fault of main.cf and master.cf that the doctor knows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Group, recover, suffer, together, treat, typed } from './fault.js'
import { type Patient, startPatient } from './patient.js'

/** What is cured by commands of its own comes together, and so does what `candy enable` writes again. */
const GROUPS: readonly Group[] = [
  together(
    {
      name: 'an option that keeps mail from going round',
      make: typed('postconf -P candy-in/unix/content_filter=candy-lmtp:unix:candy/lmtp', 'postfix reload'),
      check: 'lines',
      says: /^candy-in\/unix \(line \d+\): content_filter is candy-lmtp:unix:candy\/lmtp and should be empty$/,
    },
    {
      name: 'several options',
      make: typed('postconf -PX candy-lmtp/unix/lmtp_line_length_limit candy-lmtp/unix/disable_mime_output_conversion'),
      check: 'lines',
      says: /^candy-lmtp\/unix .*lmtp_line_length_limit is not set and should be 0/,
    },
    {
      name: 'a chrooted service',
      make: typed('postconf -F candy-in-before/unix/chroot=y'),
      check: 'lines',
      says: /^candy-in-before\/unix .*chroot is y and should be n$/,
    },
    {
      name: 'a time limit at which pipe(8) bounces',
      make: typed('postconf -e candy_time_limit=900s'),
      check: 'lines',
      says: /^main\.cf: candy_time_limit is 900s and should be 1000s$/,
    },
    {
      name: 'a FILTER action in main.cf',
      make: typed(
        "postconf -e 'smtpd_sender_restrictions=check_sender_access inline:{{a@example.com = FILTER scan:x}}'",
      ),
      check: 'FILTER',
      says: /^smtpd_sender_restrictions in main\.cf: FILTER scan:x$/,
      urgent: false,
    },
  ),
  together(
    {
      name: 'arguments of the command that pipe(8) runs',
      make: typed("sed -i 's/--limit 950/--limit 9500/' $ETC/master.cf"),
      check: 'lines',
      says: /^candy\/unix .*: its arguments are not those that candy writes$/,
    },
    {
      name: 'a service that is gone',
      make: typed('postconf -MX candy-in-before/unix', 'postfix reload'),
      check: 'lines',
      says: /^candy-in-before\/unix: missing from master\.cf$/,
    },
    {
      name: 'parameters of main.cf that are gone',
      make: typed('postconf -X candy_destination_recipient_limit candy-lmtp_destination_rate_delay'),
      check: 'lines',
      says: /^candy_destination_recipient_limit, candy-lmtp_destination_rate_delay: missing from main\.cf$/,
    },
    {
      name: 'a receiving service that has lost its filter',
      make: typed('postconf -PX $SMTP/inet/content_filter', 'postfix reload'),
      check: 'lines',
      says: /inet \(line \d+\) should say -o content_filter=candy-lmtp:unix:candy\/lmtp, and it is not set$/,
    },
    {
      name: 'a receiving service that was added',
      make: typed("printf '127.0.0.3:2525 inet n - n - - smtpd\\n' >>$ETC/master.cf"),
      check: 'lines',
      says: /^127\.0\.0\.3:2525\/inet \(line \d+\) should say -o content_filter=/,
    },
    {
      name: 'addresses that are mapped twice',
      make: typed('postconf -PX $SMTP/inet/receive_override_options'),
      check: 'lines',
      says: /should say -o receive_override_options=no_address_mappings, and it is not set$/,
      urgent: false,
    },
    {
      name: 'a way back that is gone',
      make: typed('postconf -MX candy-in/unix', 'postfix reload'),
      check: 're-injection',
      says: /^candy-in does not answer: /,
    },
  ),
  together(
    {
      name: 'a receiving service with another filter',
      make: typed('postconf -P $SMTP/inet/content_filter=scan:dummy'),
      check: 'lines',
      says: /content_filter=candy-lmtp:unix:candy\/lmtp, and says -o content_filter=scan:dummy$/,
    },
    {
      name: 'a way back without extensions',
      make: typed('postconf -P candy-in/unix/smtpd_discard_ehlo_keywords=dsn,8bitmime,smtputf8', 'postfix reload'),
      check: 're-injection',
      says: /^candy-in does not offer DSN, 8BITMIME, SMTPUTF8$/,
    },
  ),
  together({
    name: 'a damaged record',
    make: typed('truncate -s -9 $STATE/journal.json'),
    check: 'lines',
    says: /^what candy has recorded .* is damaged$/,
    urgent: false,
  }),
  together({
    name: 'lines that somebody has written by hand',
    make: typed('rm $STATE/journal.json', 'postconf -P candy-lmtp/unix/lmtp_line_length_limit=990'),
    check: 'lines',
    says: /^candy is not enabled, and Postfix was set up for it by hand$/,
  }),
  together(
    {
      name: 'a filter of main.cf',
      make: typed('postconf -e content_filter=scan:dummy'),
      check: 'main.cf',
      says: /^main\.cf says content_filter = scan:dummy$/,
    },
    {
      name: 'a proxy of main.cf',
      make: typed('postconf -e smtpd_proxy_filter=127.0.0.1:10024'),
      check: 'main.cf',
      says: /^main\.cf says smtpd_proxy_filter = 127\.0\.0\.1:10024$/,
    },
    {
      name: 'a FILTER action in a table',
      make: typed(
        "printf '# FILTER scan:none\\n/^X-Scan:/ FILTER scan:$myhostname\\n' >$ETC/scan",
        'postconf -e header_checks=regexp:$ETC/scan',
      ),
      check: 'FILTER',
      says: /etc\/scan:2: FILTER scan:\$myhostname$/,
      urgent: false,
    },
    {
      name: 'a FILTER action of a receiving service',
      make: typed(
        'sed -i "s/^$SMTP .*/&\\n  -o { smtpd_client_restrictions = check_client_access inline:{{x = FILTER scan:x}} }/" $ETC/master.cf',
      ),
      check: 'FILTER',
      says: /^-o smtpd_client_restrictions of .*: FILTER scan:x$/,
      urgent: false,
    },
  ),
  together(
    {
      name: 'a FILTER action in a compiled table',
      make: typed(
        "printf 'a@example.com FILTER scan:x\\n' >$ETC/senders && postmap hash:$ETC/senders",
        "postconf -e 'smtpd_sender_restrictions=check_sender_access hash:'$ETC/senders",
      ),
      check: 'FILTER',
      says: /etc\/senders:1: FILTER scan:x$/,
      urgent: false,
    },
    {
      name: 'a way back that can be smuggled to',
      make: typed(
        "postconf -P 'candy-in/unix/smtpd_forbid_bare_newline=no'",
        "postconf -P 'candy-in/unix/smtpd_forbid_bare_newline_exclusions=$mynetworks'",
        'postfix reload',
      ),
      check: 're-injection',
      says: /^candy-in takes a wrong line end for the end of a message \(it replied 250 2\.0\.0 Ok: queued as \w+\)$/,
    },
  ),
  together({
    name: 'a way back without XFORWARD',
    make: typed('postconf -P candy-in/unix/smtpd_authorized_xforward_hosts=', 'postfix reload'),
    check: 're-injection',
    says: /^candy-in does not offer XFORWARD$/,
  }),
]

describe('a site in mode smtp', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient()
  })
  afterAll(() => patient.stop())

  test.each(GROUPS)('%s', (_, faults) => treat(patient, faults))

  test('in the end all of them are cured', () => recover(patient))

  test('mail that was smuggled to try it has gone nowhere', async () => {
    const { postfix, sink } = patient
    const taken = [...(await postfix.log()).matchAll(/ (\w+): to=<double-bounce@\[127\.0\.0\.1\]>.*$/gm)]
    expect(taken.length).toBeGreaterThan(0)
    for (const [line] of taken) expect(line).toContain('undeliverable postmaster notification discarded')
    expect([await postfix.queue(), sink.count]).toEqual([[], 0])
  })

  test('lines: candy that is not enabled is one finding, and nothing else is', async () => {
    await patient.type('candy disable --yes')
    const { findings, status, state } = await patient.doctor()
    const ailments = findings.filter((finding) => finding.state !== 'well')
    expect(ailments).toEqual([
      expect.objectContaining({ what: 'candy is not enabled: Postfix gives it no mail', urgent: true, disabled: true }),
    ])
    expect(findings.map(({ check }) => check)).toEqual(['postfix', 'lines', 'queue', 'deferred'])
    expect([status, state]).toEqual([3, 'ailing'])
    for (const command of ailments.flatMap(({ remedy }) => remedy)) await patient.type(command)
    await recover(patient)
  })
})

describe('a site in mode pipe', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ mode: 'pipe' })
  })
  afterAll(() => patient.stop())

  const [name, faults] = together(
    {
      name: 'the way back is closed to candy',
      make: typed('setfacl -b $QUEUE/public'),
      check: 'directories',
      says: /^candy may not enter .*\/queue\/public$/,
    },
    {
      name: 'a receiving service that has lost its filter',
      make: typed('postconf -PX $SMTP/inet/content_filter', 'postfix reload'),
      check: 'lines',
      says: /should say -o content_filter=candy:dummy, and it is not set$/,
    },
  )
  test(name, () => suffer(patient, faults))
})

describe('a site in mode milter', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ mode: 'milter' })
  })
  afterAll(() => patient.stop())

  const [name, faults] = together(
    {
      name: 'a list of milters that somebody has set anew',
      make: typed("postconf -e 'smtpd_milters={ unix:nowhere, default_action=accept }'", 'postfix reload'),
      check: 'lines',
      says: /^main\.cf does not name \$candy_milter in smtpd_milters$/,
    },
    {
      name: 'candy as a milter of every service',
      make: typed('postconf -e candy_milter=unix:candy/milter', 'postfix reload'),
      check: 'main.cf',
      says: /^main\.cf says candy_milter = unix:candy\/milter$/,
    },
    {
      name: 'what a filter before candy has left',
      make: typed(
        'postconf -e receive_override_options=no_address_mappings always_bcc=archive@example.net',
        'postconf -P $SMTP/inet/receive_override_options=no_address_mappings',
        'postfix reload',
      ),
      check: 'main.cf',
      says: /^receive_override_options has no_address_mappings for .*: always_bcc has no effect on that mail/,
      urgent: false,
      mend: typed('postconf -X always_bcc'),
    },
    {
      name: 'a pickup(8) that has lost its cleanup(8)',
      make: typed('postconf -PX pickup/unix/cleanup_service_name', 'postfix reload'),
      check: 'lines',
      says: /^pickup\/unix .* should say -o cleanup_service_name=candy-cleanup-milter, and it is not set$/,
    },
  )
  test(name, () => suffer(patient, faults))
})
