/** Which services are given to candy, and what passes it over all the same. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type EnableRequest, editsToEnable } from '../../src/postfix/enable-edits.js'
import { findEntrances } from '../../src/postfix/entrances.js'
import type { Mode } from '../../src/postfix/mode.js'
import { scratch } from '../support.js'
import { enableRequest } from './request.js'
import { instanceOf, readShape } from './shapes.js'

describe('which services are given to candy', () => {
  const given = {
    master: readShape('services.master.cf'),
    parameters: { mua_client_restrictions: 'permit_sasl_authenticated, reject' },
  }
  const names = (more: Partial<EnableRequest>, mode: Mode = 'smtp'): string => {
    const { entrances, refusals } = editsToEnable(instanceOf(given), enableRequest(mode, more), undefined)
    expect(refusals).toEqual([])
    return entrances.map((entrance) => entrance.split(' ')[0]).join(' ')
  }

  test('is decided by what they do, and printed with the reason', () => {
    const { entrances, warnings } = editsToEnable(instanceOf(given), enableRequest('smtp'), undefined)
    expect(entrances).toEqual([
      'smtp/inet (line 1): mail from other hosts (port smtp)',
      '2525/inet (line 2): mail from other hosts (port 2525, and nothing restricts it to your own users or hosts)',
    ])
    expect(warnings).toEqual(
      [
        '588/inet (line 4): mail of your own users (-o smtpd_sasl_auth_enable=yes on port 588); --submission or --service 588 includes it',
        '10587/inet (line 8): mail of your own users (-o smtpd_client_restrictions=$mua_client_restrictions); --submission or --service 10587 includes it',
        'smtps/inet (line 10): mail of your own users (-o smtpd_tls_wrappermode=yes); it says -o content_filter=amavis:[127.0.0.1]:10026 itself',
        '127.0.0.1:10025/inet (line 13): mail of your own hosts and programs (-o content_filter= on port 10025, as for what has been through a filter); it says -o content_filter= itself',
        '127.0.0.1:10030/inet (line 16): mail of your own hosts and programs (-o smtpd_milters= on port 10030, as for what has been through a filter); --service 127.0.0.1:10030 includes it',
        '127.0.0.1:10040/inet (line 18): mail of your own hosts and programs (-o smtpd_relay_restrictions=permit_mynetworks,reject); --service 127.0.0.1:10040 includes it',
        'pickup/unix (line 20): mail from sendmail(1) on this host; it says -o content_filter= itself',
      ].map((text) => `NOT filtered: ${text}`),
    )
  })

  test('can be chosen by the operator by name, by name and type, or by port', () => {
    expect(names({ services: { 588: true } })).toBe('smtp/inet 2525/inet 588/inet')
    expect(names({ services: { '10587/inet': true, 2525: false } })).toBe('smtp/inet 10587/inet')
    expect(names({ services: { 10040: true, '127.0.0.1:10030': true } })).toBe(
      'smtp/inet 2525/inet 127.0.0.1:10030/inet 127.0.0.1:10040/inet',
    )
    expect(names({ services: { smtp: false, 'smtp/inet': true } })).toBe('smtp/inet 2525/inet')
    expect(names({ submission: true, services: { smtps: false, 588: false } })).toBe('smtp/inet 2525/inet 10587/inet')
    expect(names({}, 'smtp-before')).toBe('smtp/inet 2525/inet')
  })

  test('is refused where a requested service sends its mail to another filter, with what to do', () => {
    const plan = editsToEnable(instanceOf(given), enableRequest('smtp', { submission: true }), undefined)
    expect(plan.refusals).toHaveLength(1)
    expect(plan.refusals.join()).toMatch(
      /^smtps\/inet \(line 10\) gives its mail to another filter.*--no-service smtps/,
    )
    const users = editsToEnable(instanceOf(given), enableRequest('smtp-before', { services: { 588: true } }), undefined)
    expect(users.refusals.join()).toMatch(/588\/inet .* says -o cleanup_service_name=submission-cleanup, which/)
  })

  test.each([
    ['smtp inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes', 'smtp'],
    ['smtp inet n - y - - smtpd -o { smtpd_client_restrictions = permit_sasl_authenticated, reject }', 'submission'],
    ['465 inet n - y - - smtpd', 'submission'],
    ['8465 inet n - y - - smtpd -o smtpd_tls_wrappermode=yes', 'submission'],
    [
      '26 inet n - y - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject_unauth_destination',
      'smtp',
    ],
    ['26 inet n - y - - smtpd -o smtpd_client_restrictions=check_client_access,hash:/x,permit,reject', 'smtp'],
    [
      '26 inet n - y - - smtpd -o smtpd_client_restrictions=permit_mynetworks,permit_sasl_authenticated,reject',
      'submission',
    ],
    ['smtpd pass - - y - - smtpd -o smtpd_milters=', 'smtp'],
  ])('%s is for %s', (line, kind) => {
    const [entrance] = findEntrances(instanceOf({ master: `${line}\n` }))
    expect(entrance?.kind).toBe(kind)
  })
})

describe('FILTER actions, whose mail does not go to candy,', () => {
  const told = (
    parameters: Readonly<Record<string, string>>,
    mode: Mode = 'smtp',
    master = readShape('debian.master.cf'),
  ): string =>
    editsToEnable(instanceOf({ master, parameters }), enableRequest(mode), undefined)
      .warnings.filter((text) => text.includes('FILTER'))
      .join()

  test('are found in main.cf, in restriction classes and in what services say', () => {
    expect(told({ smtpd_sender_restrictions: 'check_sender_access static:{FILTER smtp:[127.0.0.1]:25}' })).toBe(
      'mail to which one of these FILTER actions applies does not go to candy, but where the action says: smtpd_sender_restrictions in main.cf: FILTER smtp:[127.0.0.1]:25',
    )
    expect(
      told({ smtpd_restriction_classes: 'strict, loose', loose: 'check_client_access inline:{a=FILTER x:y}' }),
    ).toContain('loose in main.cf: FILTER x:y')
    expect(
      told({
        header_checks: 'pcre:{{/^Subject: x/ filter a:b}}',
        nested_header_checks: 'pcre:{{/^Subject: x/ filter a:b}}',
      }),
    ).toMatch(/says: header_checks in main.cf: FILTER a:b$/)
    const master = readShape('debian.master.cf').replace(/^smtp +inet.*$/m, '$& -o smtpd_client_restrictions=$own')
    expect(told({ own: 'check_client_access static:{FILTER x:}' }, 'pipe', master)).toContain(
      '-o smtpd_client_restrictions of smtp/inet (line 12): FILTER x:',
    )
  })

  test('are found in the files of tables, by line', () => {
    const directory = scratch()
    const [access, checks] = [join(directory, 'access'), join(directory, 'checks')]
    writeFileSync(access, '# a FILTER x:y\na OK\nb\tFILTER scan:[::1]:25\nc REJECT no FILTER here\n')
    writeFileSync(checks, '/^X: y/ FILTER candy-lmtp:unix:candy/lmtp\n/^Y/\n  FILTER other:\n')
    expect(
      told({
        smtpd_recipient_restrictions: `check_sender_access proxy:hash:${access}`,
        body_checks: `pcre:${checks}, regexp:/nowhere`,
      }),
    ).toMatch(new RegExp(`says: ${access}:3: FILTER scan:\\[::1\\]:25; ${checks}:3: FILTER other:$`))
    expect(told({ smtpd_data_restrictions: `check_sender_access hash:${directory}` })).toBe('')
  })

  test('have no effect before the queue, where Postfix ignores them', () => {
    expect(told({ header_checks: 'pcre:{{/x/ FILTER a:b}}' }, 'smtp-before')).toBe('')
  })
})
