/** What mode milter writes beside the milters that a site has already. */
import { expect, test } from 'vitest'
import { editsToDisable } from '../../src/postfix/disable-edits.js'
import { editsToEnable } from '../../src/postfix/enable-edits.js'
import { withProof } from '../../src/postfix/proof-configuration.js'
import { enableRequest, journalOf, written } from './request.js'
import { instanceOf, readShape } from './shapes.js'

const stock = readShape('debian.master.cf')
const milters = 'smtpd_milters = inet:v:1, inet:s:2\nnon_smtpd_milters = $smtpd_milters'
const parameters = { smtpd_milters: 'inet:v:1, inet:s:2', non_smtpd_milters: 'inet:v:1, inet:s:2' }
const own = (service: string, option: string): string =>
  stock.replace(new RegExp(`^${service} +(?:inet|unix).*$`, 'm'), `$&\n  -o ${option}`)

test("candy is put before the site's milters, which is said, and taken out again", () => {
  const given = { master: stock, main: `${milters}\n`, parameters }
  const plan = editsToEnable(instanceOf(given), enableRequest('milter'), undefined)
  expect(plan.after.main).toContain(
    'smtpd_milters = $candy_milter, inet:v:1, inet:s:2\nnon_smtpd_milters = $smtpd_milters\n',
  )
  const [said] = plan.warnings
  expect(said).toMatch(/^smtpd_milters: mail passes candy, then inet:v:1, then inet:s:2\. candy comes first unless/)
  expect(plan.warnings[1]).toMatch(/^non_smtpd_milters: mail passes candy, then/)
  expect(editsToDisable(written(given, plan.after), journalOf(plan)).after).toEqual({
    master: stock,
    main: `${milters}\n`,
  })
  const moved = { ...plan.after, main: plan.after.main.replace('$candy_milter, inet:v:1', 'inet:v:1, $candy_milter') }
  const again = editsToEnable(written(given, moved), enableRequest('milter'), journalOf(plan))
  expect(again.after).toEqual(moved)
  expect(again.warnings[0]).toContain('mail passes inet:v:1, then candy, then inet:s:2.')
  expect(editsToDisable(written(given, moved), journalOf(plan)).after.main).toBe(`${milters}\n`)
})

test('candy is put into the list that a service has itself, and follows what becomes of it', () => {
  for (const [service, option] of [
    ['smtp', 'smtpd_milters=inet:v:1'],
    ['smtp', 'smtpd_milters='],
    ['smtp', '{ smtpd_milters = inet:v:1, inet:s:2 }'],
    ['smtp', 'smtpd_milters=$mine'],
    ['cleanup', 'non_smtpd_milters=inet:v:1'],
  ] as const) {
    const given = { master: own(service, option) }
    const plan = editsToEnable(instanceOf(given), enableRequest('milter'), undefined)
    expect(plan.after.master).toMatch(/-o (?:\{ )?(?:non_)?smtpd_milters ?= ?\$candy_milter(?:,| *$)/m)
    expect(plan.after.master).not.toMatch(/candy-cleanup (?:.*\n +-o)*.*\$candy_milter/)
    const now = written(given, plan.after)
    expect(editsToEnable(now, enableRequest('milter'), journalOf(plan)).after).toEqual(plan.after)
    for (const journal of [journalOf(plan), undefined])
      expect(editsToDisable(now, journal).after.master).toBe(given.master)
    const elsewhere = editsToEnable(now, enableRequest('smtp'), journalOf(plan))
    const receiving = elsewhere.after.master.slice(0, elsewhere.after.master.indexOf('\ncandy '))
    expect(receiving).not.toContain('$candy_milter')
  }
  const given = { master: own('smtp', 'smtpd_milters=inet:v:1') }
  const plan = editsToEnable(instanceOf(given), enableRequest('milter'), undefined)
  for (const [list, rest] of [
    ['$candy_milter,inet:w:9', 'inet:w:9'],
    ['inet:v:1,$candy_milter,inet:s:2', 'inet:v:1,inet:s:2'],
  ] as const) {
    const edited = { ...plan.after, master: plan.after.master.replace('$candy_milter,inet:v:1', list) }
    const again = editsToEnable(written(given, edited), enableRequest('milter'), journalOf(plan))
    expect(again.after).toEqual(edited)
    expect(editsToDisable(written(given, edited), journalOf(again)).after.master).toBe(
      own('smtp', `smtpd_milters=${rest}`),
    )
  }
  // Whoever has taken candy out of the list gets it back there with the rest as it is now.
  const without = { ...plan.after, master: plan.after.master.replace('$candy_milter,inet:v:1', 'inet:w:9') }
  const again = editsToEnable(written(given, without), enableRequest('milter'), journalOf(plan))
  expect(again.after.master).toContain('-o smtpd_milters=$candy_milter,inet:w:9\n')
  expect(editsToDisable(written(given, again.after), journalOf(again)).after.master).toBe(
    own('smtp', 'smtpd_milters=inet:w:9'),
  )
})

test('a list of a service that is the one of main.cf by its name is left alone', () => {
  const given = { master: own('cleanup', 'non_smtpd_milters=$smtpd_milters'), main: `${milters}\n`, parameters }
  const plan = editsToEnable(instanceOf(given), enableRequest('milter'), undefined)
  expect(plan.after.master).toContain('  -o non_smtpd_milters=$smtpd_milters\n')
})

test('other settings that somebody has given candy as a milter are kept, with a warning, and removed', () => {
  const plan = editsToEnable(instanceOf(), enableRequest('milter'), undefined)
  const master = plan.after.master.replace('content_timeout=300s', 'content_timeout=200s')
  const now = written({}, { ...plan.after, master })
  const again = editsToEnable(now, enableRequest('milter'), journalOf(plan))
  expect(again.after.master).toBe(master)
  expect(again.warnings.join()).toMatch(/smtp\/inet \(line 12\): -o candy_milter was edited by hand and is kept/)
  expect(editsToDisable(now, journalOf(again)).after.master).toBe(stock)
  expect(editsToEnable(now, enableRequest('smtp'), journalOf(again)).after.master).not.toContain('=200s')
})

test('a content filter behind candy stays, and so do milters that main.cf got since', () => {
  const given = { parameters: { content_filter: 'amavis:[127.0.0.1]:10024' } }
  const plan = editsToEnable(instanceOf(given), enableRequest('milter'), undefined)
  expect(plan.refusals).toEqual([])
  expect(plan.warnings.join()).toContain('content_filter = amavis:[127.0.0.1]:10024 gets mail after candy')
  const main = plan.after.main.replace('smtpd_milters = $candy_milter\n', 'smtpd_milters = $candy_milter, inet:n:1\n')
  expect(editsToDisable(written(given, { ...plan.after, main }), journalOf(plan)).after.main).toBe(
    `${readShape('plain.main.cf')}smtpd_milters = inet:n:1\n`,
  )
})

test('the test message passes candy alone', () => {
  const instance = instanceOf({ main: `${milters}\n`, parameters })
  const plan = editsToEnable(instance, enableRequest('milter'), undefined)
  const { master } = withProof(plan.withServices, instance, plan.record.choice)
  const [, options = ''] = /^candy-proof .*\n((?: .*\n)+)/m.exec(master) ?? []
  expect(options).toContain('  -o smtpd_milters=$candy_milter\n')
  expect(options).toContain('  -o content_filter=\n')
  expect(options).toMatch(/ {2}-o candy_milter=\{ unix:candy\/milter, /)
  expect(options).not.toContain('no_milters')
})
