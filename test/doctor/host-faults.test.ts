/** Every fault that the doctor knows of what stands around Postfix's configuration: directories, the service, mail, logs, disks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../kit/waiting.js'
import { CURE, type Group, recover, suffer, together, treat, typed } from './fault.js'
import { type Patient, startPatient } from './patient.js'

const files: readonly Group[] = [
  together(
    {
      name: 'a quarantine that everybody may read',
      make: typed('chmod 755 $STATE/quarantine'),
      check: 'directories',
      says: /state\/quarantine has the mode 755, not 700$/,
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
    {
      name: 'a spool of root',
      make: typed('chown root:root $STATE/spool'),
      check: 'directories',
      says: /state\/spool belongs to 0:0, not to candy:candy$/,
    },
    {
      name: 'a log that candy may not write',
      make: typed('chown -R root:root $LOG && chmod 700 $LOG'),
      check: 'log',
      says: /^EACCES.*\/log\/candy\.log/,
      urgent: false,
    },
    {
      name: 'a file in the place of a directory',
      make: typed('rm -r $STATE/filters && touch $STATE/filters'),
      check: 'directories',
      says: /state\/filters is no directory$/,
    },
    {
      name: 'an empty file where pipe(8) runs a command',
      make: typed(': >$STATE/bin/candy-pipe'),
      check: 'directories',
      says: /state\/bin\/candy-pipe: not as this version of candy copies it$/,
      urgent: false,
    },
  ),
  together(
    {
      name: 'a log without a directory',
      make: typed('rm -r $LOG'),
      check: 'log',
      says: /^ENOENT.*\/log\/candy\.log/,
      urgent: false,
    },
    {
      name: 'a drop-in that is wrong',
      make: typed("printf 'filter' >$ETC/filters.d/60-wrong.toml"),
      check: 'filters',
      says: /60-wrong\.toml:1:\d+: /,
      mend: typed('rm $ETC/filters.d/60-wrong.toml'),
    },
  ),
]

const service: readonly Group[] = [
  together({
    name: 'a service that hangs',
    make: typed('kill -STOP $(pgrep -u candy -f $CANDY)'),
    check: 'sockets',
    says: /^candy serve does not answer on .*\/candy\/lmtp; /,
  }),
  together({
    name: 'a socket that is gone',
    make: typed('rm $QUEUE/candy/lmtp'),
    check: 'sockets',
    says: /^candy serve does not answer on .*\/candy\/lmtp$/,
  }),
  together(
    {
      name: 'a spool that is gone',
      make: typed('rm -r $STATE/spool'),
      check: 'directories',
      says: /state\/spool: no such file or directory$/,
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
      name: 'a socket that Postfix may not use',
      make: typed('chmod 600 $QUEUE/candy/lmtp'),
      check: 'sockets',
      says: /\/candy\/lmtp is not open to the group postfix/,
    },
  ),
]

const SENDMAIL = 'printf "Subject: x\\n\\nx\\n" | sendmail -f a@example.com b@example.net'

/** The command that makes a script filter. */
function script(name: string, text: string): string {
  return `printf '#!/bin/sh\\n${text}\\n' >$ETC/filters.d/${name} && chmod 755 $ETC/filters.d/${name}`
}

const mail: readonly Group[] = [
  together(
    {
      name: 'an edit that was not put in force',
      make: typed("printf '#!/bin/sh\\nexit 0\\n' >$ETC/filters.d/60-more && chmod 755 $ETC/filters.d/60-more"),
      check: 'generation',
      says: /etc\/postfix\/filters\.d\/60-more: edited since generation 1 of /,
      urgent: false,
    },
    {
      name: 'mail that a milter keeps in maildrop',
      make: typed('postconf -e non_smtpd_milters=inet:127.0.0.1:9 && postfix reload', SENDMAIL, 'sleep 11'),
      check: 'maildrop',
      says: /^1 message from sendmail\(1\) in maildrop, since .*; inet:127\.0\.0\.1:9 of non_smtpd_milters does not answer$/,
    },
  ),
  together(
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
      name: 'mail that was deferred by a filter',
      make: async (patient) => {
        await typed(script('55-later', 'echo 4.7.1 not yet; exit 75'), 'candy reload', SENDMAIL)(patient)
        await waitForReason(patient, /not yet/)
        await typed('rm $ETC/filters.d/55-later', 'candy reload')(patient)
      },
      check: 'deferred',
      says: /^candy has deferred 1 message, the oldest of .*: 1 time: .*not yet/,
    },
  ),
]

const configuration: readonly Group[] = [
  together({
    name: 'a command that was killed',
    make: typed(
      'candy mode smtp-before --yes >/dev/null 2>&1 & until test -e $STATE/pending.json; do sleep 0.1; done; kill -KILL $!; wait $! || true',
    ),
    check: 'lines',
    says: /^a command that changes Postfix was cut short/,
    urgent: false,
  }),
  together({
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
  }),
  together({
    name: 'a candy.toml that is wrong',
    make: typed('cp -p $ETC/candy.toml $ETC/saved && echo nonsense >>$ETC/candy.toml'),
    check: 'configuration',
    says: /candy\.toml:\d+:\d+: /,
    mend: typed('mv $ETC/saved $ETC/candy.toml'),
  }),
  together({
    name: 'a master.cf that is wrong',
    make: typed('cp -p $ETC/master.cf $ETC/saved && echo nonsense >>$ETC/master.cf'),
    check: 'configuration',
    says: /master\.cf:\d+:1: /,
    mend: typed('mv $ETC/saved $ETC/master.cf'),
  }),
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

  test.each(files)('%s', (_, faults) => treat(patient, faults))

  test.each([...service, ...mail])('%s', (_, faults) => suffer(patient, faults))

  test.each(configuration)('%s', (_, faults) => treat(patient, faults))

  test('in the end all of them are cured', () => recover(patient))

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
