import { describe, expect, test } from 'vitest'
import { editsToDisable } from '../../src/postfix/disable-edits.js'
import { type EnableEdits, type EnableRequest, editsToEnable } from '../../src/postfix/enable-edits.js'
import type { Mode } from '../../src/postfix/mode.js'
import { enableRequest, journalOf, written } from './request.js'
import { type Given, instanceOf, readShape } from './shapes.js'

describe('it refuses, and says what to do', () => {
  const refusals = (given: Given, mode: Mode = 'pipe'): string => {
    const plan = editsToEnable(instanceOf(given), enableRequest(mode), undefined)
    expect(plan.after).toEqual(plan.before)
    return plan.refusals.join('\n')
  }
  const stock = readShape('debian.master.cf')

  test.each(['content_filter', 'smtpd_proxy_filter'])('mail that main.cf gives to another filter by %s', (name) => {
    expect(refusals({ parameters: { [name]: 'amavis:[127.0.0.1]:10024' } })).toMatch(
      new RegExp(`${name} = amavis:.*postconf -X ${name}.*enable again`),
    )
  })

  test.each(['content_filter=scan:x', 'smtpd_proxy_filter=127.0.0.1:10025'])(
    'a receiving service with %s',
    (option) => {
      const master = stock.replace(/^smtp +inet.*$/m, `$& -o ${option}`)
      expect(refusals({ master })).toMatch(
        /smtp\/inet \(line 12\) gives its mail to another filter: .*take that option out/,
      )
    },
  )

  test('a master.cf with an error, with its position', () => {
    expect(refusals({ master: `${stock}broken unix - - x - - smtp\n` })).toMatch(
      /^\/etc\/postfix\/master\.cf:\d+:17: .*mend this line first/,
    )
  })

  test.each(['candy', 'candy-lmtp', 'candy-in', 'candy-in-before', 'candy-cleanup'])(
    'a foreign service named %s',
    (name) => {
      expect(refusals({ master: `${stock}${name} unix - n n - - pipe argv=/bin/false\n` })).toMatch(
        new RegExp(`a service ${name}/unix \\(line \\d+\\) already.*give it another name`),
      )
    },
  )

  test('a set-up by hand that differs, with what to do', () => {
    const master = `${stock}candy unix - n n - 5 pipe\n  flags=Rq user=candy null_sender=\n  argv=/opt/candy/bin/candy-pipe -f $sender -- $recipient\n`
    expect(refusals({ master })).toContain('take it out with "candy disable"')
    expect(editsToDisable(instanceOf({ master }), undefined).after.master).toBe(stock)
  })

  test('an instance that sendmail(1) does not serve, only where mail comes back by it', () => {
    const plan = (mode: Mode, reinjectsByPickup: boolean): EnableEdits =>
      editsToEnable(instanceOf({ submits: false }), enableRequest(mode, { reinjectsByPickup }), undefined)
    expect(plan('pipe', true).refusals.join()).toMatch(/alternate_config_directories in \/etc\/postfix\/main\.cf/)
    expect(plan('pipe', false).refusals).toEqual([])
    expect(plan('smtp', true).refusals).toEqual([])
  })

  test.each([
    ['cleanup_service_name=own', {}],
    ['milter_macro_daemon_name=ORIGINATING', { smtpd_milters: 'inet:127.0.0.1:8891' }],
    ['smtpd_milters=', { smtpd_milters: 'inet:127.0.0.1:8891' }],
    ['smtpd_milters=inet:127.0.0.1:8892', {}],
    ['receive_override_options=no_milters', {}],
  ])('before the queue a service with %s, which would have no effect', (option, parameters) => {
    const master = stock.replace(/^smtp +inet.*$/m, `$& -o ${option}`)
    expect(refusals({ master, parameters }, 'smtp-before')).toMatch(
      /^smtp\/inet \(line 12\) says -o .* no effect .*--mode smtp,.*--no-service smtp/,
    )
    for (const mode of ['pipe', 'smtp'] as const) {
      const plan = editsToEnable(instanceOf({ master, parameters }), enableRequest(mode), undefined)
      expect(plan.refusals).toEqual([])
      // A switch to another mode does not mistake candy's own options for the site's either.
      const again = editsToEnable(
        written({ master, parameters }, plan.after),
        enableRequest('smtp-before'),
        journalOf(plan),
      )
      expect(again.refusals).toHaveLength(1)
    }
  })

  test('before the queue no service for options that have the same effect when mail comes back', () => {
    for (const option of ['milter_macro_daemon_name=ORIGINATING', 'smtpd_milters=', 'cleanup_service_name=cleanup']) {
      const master = stock.replace(/^smtp +inet.*$/m, `$& -o ${option}`)
      expect(editsToEnable(instanceOf({ master }), enableRequest('smtp-before'), undefined).refusals).toEqual([])
    }
  })

  test.each([
    ['smtp', 'smtpd_milter_maps=cidr:/x', 'it replaces smtpd_milters'],
    ['smtp', 'receive_override_options=no_milters', 'runs no milter'],
    ['cleanup', 'enable_original_recipient=no', 'single recipients'],
    ['smtp', 'smtpd_proxy_filter=127.0.0.1:10025', 'gives its mail to another filter'],
  ])('in mode milter a service whose mail no milter gets, or not all of it: %s with %s', (service, option, why) => {
    const master = stock.replace(new RegExp(`^${service} +(?:inet|unix).*$`, 'm'), `$& -o ${option}`)
    expect(refusals({ master }, 'milter')).toMatch(new RegExp(`^smtp/inet \\(line 12\\) .*${why}.*--no-service smtp`))
    const [name = '', value = ''] = option.split('=')
    expect(refusals({ parameters: { [name]: value } }, 'milter')).toMatch(
      new RegExp(name === 'smtpd_proxy_filter' ? `${name} = ` : `follows main\\.cf, where ${name} = `),
    )
  })

  test('in mode milter a pickup(8) that has a cleanup(8) of its own, when it is named', () => {
    const master = stock.replace(/^pickup .*$/m, '$&\n  -o cleanup_service_name=pre')
    const plan = (services: Readonly<Record<string, boolean>>): EnableEdits =>
      editsToEnable(instanceOf({ master }), enableRequest('milter', { services }), undefined)
    expect(plan({}).warnings.join()).toContain(
      'NOT filtered: pickup/unix (line 53): mail from sendmail(1) on this host; it says -o cleanup_service_name=pre: ',
    )
    expect(plan({ pickup: true }).refusals.join()).toMatch(/^pickup\/unix .*--mode smtp.*--no-service pickup/)
  })

  test('a name of a service that is not there', () => {
    const plan = editsToEnable(
      instanceOf(),
      enableRequest('smtp', { named: ['10587'], services: { 10587: true } }),
      undefined,
    )
    expect(plan.refusals).toEqual(['no service 10587 in master.cf receives mail; these do: smtp/inet, pickup/unix'])
  })

  test('what cannot be filtered, when it is named', () => {
    const asked = (name: string, mode: Mode, more: Partial<EnableRequest> = {}): string =>
      editsToEnable(
        instanceOf({ master: `${stock}628 inet n - y - - qmqpd\n` }),
        enableRequest(mode, { services: { [name]: true }, ...more }),
        undefined,
      ).refusals.join()
    expect(asked('628', 'smtp')).toContain('candy does not filter QMQP. Leave --service 628 out.')
    expect(asked('pickup', 'smtp-before')).toContain('only SMTP is filtered before the queue')
    expect(asked('pickup', 'pipe', { reinjectsByPickup: true })).toContain('candy itself hands mail back there')
    expect(asked('pickup', 'pipe')).toBe('')
  })

  test('a host that receives no mail from other hosts', () => {
    expect(refusals({ master: stock.replace(/^smtp +inet/m, '#$&') })).toContain('there is nothing to filter')
  })
})
