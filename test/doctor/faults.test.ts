/**
 * Every fault that the doctor knows, made for real on a running site: the doctor names it, what it prints is typed as it stands,
 * and all is well again.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../kit/waiting.js'
import type { Finding, Patient } from './patient.js'
import { startPatient } from './patient.js'

interface Fault {
  readonly name: string
  /** Makes the fault. */
  readonly make: (patient: Patient) => Promise<unknown>
  readonly check: string
  readonly says: RegExp
  readonly urgent?: false
  /** What a person has to do before the commands that are printed, where the doctor leaves that to them. */
  readonly mend?: Fault['make']
}

/** Runs command lines as root, with names for the receiving service and the directories of the site. */
function typed(...commands: readonly string[]): Fault['make'] {
  return async (patient) => {
    const { postfix, state, installation } = patient
    const names = {
      SMTP: `127.0.0.1:${postfix.port}`,
      ETC: postfix.configDirectory,
      QUEUE: postfix.queueDirectory,
      STATE: state,
      CANDY: installation.directory,
      LOG: join(patient.directory, 'log'),
    }
    const set = Object.entries(names).map(([name, value]) => `${name}=${value}\n`)
    for (const command of commands) await patient.type(set.join('') + command)
  }
}

/** Milliseconds until a service has started anew, or the queue is empty. */
const CURE = 60_000

/** Makes the fault, expects it to be named, types what is said, and waits until all is well. */
async function suffer(patient: Patient, { make, check, says, urgent, mend }: Fault): Promise<void> {
  await make(patient)
  const { status, state, findings } = await patient.doctor()
  const named = findings.filter((finding) => finding.check === check && finding.state === 'ailing')
  const printed = JSON.stringify(
    findings.filter((finding) => finding.state !== 'well'),
    undefined,
    2,
  )
  const found = named.find(({ what }) => says.test(what))
  expect(found, printed).toBeDefined()
  expect(found?.urgent, printed).toBe((urgent ?? true) ? true : undefined)
  expect([status, state]).toEqual([1, 'ailing'])
  expect(found?.meaning).not.toBe('')
  await mend?.(patient)
  for (const command of found?.remedy ?? []) await patient.type(command)
  let left: readonly Finding[] = []
  const isCured = async (): Promise<boolean> => {
    left = await patient.ailments()
    return left.length === 0
  }
  await until('the cure', isCured, { milliseconds: CURE, explain: async () => JSON.stringify(left, undefined, 2) })
}

const lines: readonly Fault[] = [
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
    name: 'a time limit at which pipe(8) bounces',
    make: typed('postconf -e candy_time_limit=900s'),
    check: 'lines',
    says: /^main\.cf: candy_time_limit is 900s and should be 1000s$/,
  },
  {
    name: 'a receiving service that has lost its filter',
    make: typed('postconf -PX $SMTP/inet/content_filter', 'postfix reload'),
    check: 'lines',
    says: /inet \(line \d+\) should say -o content_filter=candy-lmtp:unix:candy\/lmtp, and it is not set$/,
  },
  {
    name: 'a receiving service with another filter',
    make: typed('postconf -P $SMTP/inet/content_filter=scan:dummy'),
    check: 'lines',
    says: /content_filter=candy-lmtp:unix:candy\/lmtp, and says -o content_filter=scan:dummy$/,
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
    name: 'a damaged record',
    make: typed('truncate -s -9 $STATE/journal.json'),
    check: 'lines',
    says: /^what candy has recorded .* is damaged$/,
    urgent: false,
  },
  {
    name: 'candy that is not enabled',
    make: typed('candy disable --yes'),
    check: 'lines',
    says: /^candy is not enabled: /,
  },
]

const postfix: readonly Fault[] = [
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
    name: 'a FILTER action in main.cf',
    make: typed("postconf -e 'smtpd_sender_restrictions=check_sender_access inline:{{a@example.com = FILTER scan:x}}'"),
    check: 'FILTER',
    says: /^smtpd_sender_restrictions in main\.cf: FILTER scan:x$/,
    urgent: false,
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
    name: 'a FILTER action of a receiving service',
    make: typed(
      'sed -i "s/^$SMTP .*/&\\n  -o { smtpd_client_restrictions = check_client_access inline:{{x = FILTER scan:x}} }/" $ETC/master.cf',
    ),
    check: 'FILTER',
    says: /FILTER scan:x$/,
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
  {
    name: 'a way back without XFORWARD',
    make: typed('postconf -P candy-in/unix/smtpd_authorized_xforward_hosts=', 'postfix reload'),
    check: 're-injection',
    says: /^candy-in does not offer XFORWARD$/,
  },
  {
    name: 'a way back without extensions',
    make: typed('postconf -P candy-in/unix/smtpd_discard_ehlo_keywords=dsn,8bitmime,smtputf8', 'postfix reload'),
    check: 're-injection',
    says: /^candy-in does not offer DSN, 8BITMIME, SMTPUTF8$/,
  },
  {
    name: 'a way back that is gone',
    make: typed('postconf -MX candy-in/unix', 'postfix reload'),
    check: 're-injection',
    says: /^candy-in does not answer: /,
  },
]

const directories: readonly Fault[] = [
  {
    name: 'a spool of root',
    make: typed('chown root:root $STATE/spool'),
    check: 'directories',
    says: /state\/spool belongs to 0:0, not to candy:candy$/,
  },
  {
    name: 'a quarantine that everybody may read',
    make: typed('chmod 755 $STATE/quarantine'),
    check: 'directories',
    says: /state\/quarantine has the mode 755, not 700$/,
  },
  {
    name: 'a spool that is gone',
    make: typed('rm -r $STATE/spool'),
    check: 'directories',
    says: /state\/spool: no such file or directory$/,
  },
  {
    name: 'a file in the place of a directory',
    make: typed('rm -r $STATE/filters && touch $STATE/filters'),
    check: 'directories',
    says: /state\/filters is no directory$/,
  },
  {
    name: 'packages that others may write',
    make: typed('chmod g+w $STATE/packages'),
    check: 'directories',
    says: /state\/packages has the mode 775, not 755$/,
  },
  {
    name: 'a directory of sockets that Postfix may not enter',
    make: typed('chown candy:candy $QUEUE/candy && chmod 00700 $QUEUE/candy'),
    check: 'directories',
    says: /queue\/candy belongs to \d+:\d+, not to candy:postfix and has the mode 700, not 2750$/,
  },
]

const service: readonly Fault[] = [
  {
    name: 'a service that hangs',
    make: typed('kill -STOP $(pgrep -u candy -f $CANDY)'),
    check: 'sockets',
    says: /^candy serve does not answer on .*\/candy\/lmtp; /,
  },
  {
    name: 'a socket that is gone',
    make: typed('rm $QUEUE/candy/lmtp'),
    check: 'sockets',
    says: /^candy serve does not answer on .*\/candy\/lmtp$/,
  },
  {
    name: 'a socket that Postfix may not use',
    make: typed('chmod 600 $QUEUE/candy/lmtp'),
    check: 'sockets',
    says: /\/candy\/lmtp is not open to the group postfix/,
  },
  {
    name: 'an edit that was not put in force',
    make: typed("printf '#!/bin/sh\\nexit 0\\n' >$ETC/filters.d/60-more && chmod 755 $ETC/filters.d/60-more"),
    check: 'generation',
    says: /etc\/postfix\/filters\.d\/60-more: edited since generation 1 of /,
    urgent: false,
  },
]

const SENDMAIL = 'printf "Subject: x\\n\\nx\\n" | sendmail -f a@example.com b@example.net'

/** The command that makes a script filter. */
function script(name: string, text: string): string {
  return `printf '#!/bin/sh\\n${text}\\n' >$ETC/filters.d/${name} && chmod 755 $ETC/filters.d/${name}`
}

const mail: readonly Fault[] = [
  {
    name: 'mail for a filter that is gone',
    make: async (patient) => {
      await typed('postconf -P pickup/unix/content_filter=gone:dummy && postfix reload', SENDMAIL)(patient)
      await waitForReason(patient, /mail transport unavailable/)
      await typed('postconf -P pickup/unix/content_filter=candy-lmtp:unix:candy/lmtp && postfix reload')(patient)
    },
    check: 'queue',
    says: /^1 message in the queue names the filter gone, which is not in master\.cf: \w+$/,
  },
  {
    name: 'mail that a milter keeps in maildrop',
    make: typed('postconf -e non_smtpd_milters=inet:127.0.0.1:9 && postfix reload', SENDMAIL, 'sleep 11'),
    check: 'maildrop',
    says: /^1 message from sendmail\(1\) in maildrop, since .*; inet:127\.0\.0\.1:9 of non_smtpd_milters does not answer$/,
  },
  {
    name: 'mail that was deferred by a filter',
    make: async (patient) => {
      await typed(script('55-later', 'echo 4.7.1 not yet; exit 75'), 'candy reload', SENDMAIL)(patient)
      await waitForReason(patient, /not yet/)
      await typed('rm $ETC/filters.d/55-later', 'candy reload')(patient)
    },
    check: 'deferred',
    says: /^candy has deferred 1 message, the oldest of .*: 1 time: .*not yet/,
  },
]

const others: readonly Fault[] = [
  {
    name: 'a log that candy may not write',
    make: typed('chown -R root:root $LOG && chmod 700 $LOG'),
    check: 'log',
    says: /^EACCES.*\/log\/candy\.log/,
    urgent: false,
  },
  {
    name: 'a log without a directory',
    make: typed('rm -r $LOG'),
    check: 'log',
    says: /^ENOENT.*\/log\/candy\.log/,
    urgent: false,
  },
  {
    name: 'a disk that is almost full',
    make: typed(
      'mount -t tmpfs -o size=110M,mode=700,uid=$(id -u candy),gid=$(id -g candy) tmpfs $STATE/quarantine',
      'mkdir $STATE/quarantine/20200101T000000Z-OLD && head -c 50M /dev/zero >$STATE/quarantine/20200101T000000Z-OLD/message.eml',
      'chown -R candy: $STATE/quarantine/20200101T000000Z-OLD',
    ),
    check: 'disk',
    says: /quarantine is almost full: \d+ MB are free, and 10 messages take 102 MB$/,
  },
  {
    name: 'a command that was killed',
    make: typed(
      'candy mode smtp-before --yes >/dev/null 2>&1 & until test -e $STATE/pending.json; do sleep 0.1; done; kill -KILL $!; wait $! || true',
    ),
    check: 'lines',
    says: /^a command that changes Postfix was cut short/,
    urgent: false,
  },
  {
    name: 'a drop-in that is wrong',
    make: typed("printf 'filter' >$ETC/filters.d/60-wrong.toml"),
    check: 'filters',
    says: /60-wrong\.toml:1:\d+: /,
    mend: typed('rm $ETC/filters.d/60-wrong.toml'),
  },
  {
    name: 'the last good configuration',
    make: async (patient) => {
      await typed("printf 'filter' >$ETC/filters.d/60-wrong.toml", 'kill -KILL $(pgrep -u candy -f $CANDY)')(patient)
      const isUp = async (): Promise<boolean> => (await patient.ailments()).every(({ check }) => check !== 'sockets')
      await until('the service', isUp, { milliseconds: CURE })
    },
    check: 'generation',
    says: /^generation 1 of .* is in force, the last that was good before the service was started$/,
    urgent: false,
    mend: typed('rm $ETC/filters.d/60-wrong.toml'),
  },
  {
    name: 'a candy.toml that is wrong',
    make: typed('cp -p $ETC/candy.toml $ETC/saved && echo nonsense >>$ETC/candy.toml'),
    check: 'configuration',
    says: /candy\.toml:\d+:\d+: /,
    mend: typed('mv $ETC/saved $ETC/candy.toml'),
  },
  {
    name: 'a master.cf that is wrong',
    make: typed('cp -p $ETC/master.cf $ETC/saved && echo nonsense >>$ETC/master.cf'),
    check: 'configuration',
    says: /master\.cf:\d+:1: /,
    mend: typed('mv $ETC/saved $ETC/master.cf'),
  },
]

/** Waits until a message in the queue has been deferred for this reason. */
async function waitForReason({ postfix }: Patient, reason: RegExp): Promise<void> {
  const hasReason = async (): Promise<boolean> =>
    (await postfix.queue()).some(({ recipients }) => recipients.some((one) => reason.test(one.delay_reason ?? '')))
  await postfix.waitUntil(`a message that is deferred: ${reason}`, hasReason)
}

const TIMES = { queue_run_delay: '300s', minimal_backoff_time: '300s', maximal_backoff_time: '300s' }

describe('a site in mode smtp', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ main: TIMES })
  })
  afterAll(() => patient.stop())

  test.each([...lines, ...postfix, ...directories, ...service, ...mail, ...others])('$check: $name', (fault) =>
    suffer(patient, fault),
  )

  test('Postfix that does not run is started by what is printed', async () => {
    // All in one shell, since this one's Postfix is how commands find their way to the site.
    const print = 'require("node:fs").readFileSync(0, "utf8")'
    const { stdout } = await patient.type(`postfix stop
candy doctor --json >$PWD/stopped
node -p 'JSON.parse(${print}).findings.find((one) => one.check === "postfix").remedy.join("\\n")' <stopped >remedy
cat remedy && sh remedy && sleep 2 && candy doctor --json`)
    const [remedy = '', answer = ''] = stdout.toString().split(/\n(?=\{)/)
    expect(remedy).toBe('postfix start')
    expect(JSON.parse(answer)).toMatchObject({ state: 'well' })
  })
})

describe('a site in mode pipe', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await startPatient({ mode: 'pipe' })
  })
  afterAll(() => patient.stop())

  test.each<Fault>([
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
  ])('$check: $name', (fault) => suffer(patient, fault))
})
