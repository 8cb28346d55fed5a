import { join } from 'node:path'
import { parse, unifiedDiff } from '@candy/master-cf'
import { describe, expect, test } from 'vitest'
import { editsToDisable } from '../../src/postfix/disable-edits.js'
import { type EnableEdits, type EnableRequest, editsToEnable } from '../../src/postfix/enable-edits.js'
import type { Journal } from '../../src/postfix/journal.js'
import { MODE_NAMES, type Mode } from '../../src/postfix/mode.js'
import { withoutProof, withProof } from '../../src/postfix/proof-configuration.js'
import { enableRequest, journalOf, written } from './request.js'
import { type Given, instanceOf, readShape, SHAPES, SHAPES_DIRECTORY } from './shapes.js'

/** A service of the shape `odd` has options that have no effect before the queue, and no milters: these modes are refused there. */
function modesOf(shape: string): readonly Mode[] {
  return shape === 'odd' ? ['pipe', 'smtp'] : MODE_NAMES
}

/** What Postfix reads from the file, without its layout and the order of options. */
function meaning(master: string): readonly unknown[] {
  return parse(master).entries.map(({ words, options, args }) => [
    words.slice(0, 8).map(({ text }) => text),
    options.map(({ name, value }) => `${name}=${value}`).toSorted(),
    args,
  ])
}

describe.each(SHAPES)('%s', (shape) => {
  const modes = modesOf(shape)
  const given: Given = { master: readShape(`${shape}.master.cf`) }
  const before = { master: given.master ?? '', main: readShape('plain.main.cf') }
  // Only the journal knows whether the last line had a line end.
  const ended = { master: before.master.replace(/[^\n]$/, '$&\n'), main: before.main }

  test.each(modes)('enabling for %s writes the files of the recorded diff', async (mode) => {
    const { after, warnings, entrances, refusals } = editsToEnable(instanceOf(given), enableRequest(mode), undefined)
    expect(refusals).toEqual([])
    const shown = [
      unifiedDiff('master.cf', before.master, after.master),
      unifiedDiff('main.cf', before.main, after.main),
      ...entrances.map((entrance) => `filtered: ${entrance}\n`),
      ...warnings.map((warning) => `warning: ${warning}\n`),
    ]
    const text = Buffer.from(shown.join(''), 'latin1').toString('latin1')
    await expect(text).toMatchFileSnapshot(join(SHAPES_DIRECTORY, `${shape}.${mode}.diff`))
  })

  test.each(modes)('disabling restores every byte, from %s', (mode) => {
    const plan = editsToEnable(
      instanceOf(given),
      enableRequest(mode, { submission: mode === 'pipe' || mode === 'smtp' }),
      undefined,
    )
    expect(editsToDisable(written(given, plan.after), journalOf(plan)).after).toEqual(before)
    expect(editsToDisable(written(given, plan.withServices), journalOf(plan)).after).toEqual(before)
  })

  test.each(modes)('enabling twice for %s changes nothing the second time, with a journal or without', (mode) => {
    const plan = editsToEnable(instanceOf(given), enableRequest(mode), undefined)
    const again = written(given, plan.after)
    expect(editsToEnable(again, enableRequest(mode), journalOf(plan)).after).toEqual(plan.after)
    expect(editsToEnable(again, enableRequest(mode), undefined).after).toEqual(plan.after)
  })

  test('switching through all modes and back to the first gives the first files again', () => {
    const first = editsToEnable(instanceOf(given), enableRequest('pipe'), undefined)
    let plan = first
    const journey = ['smtp', 'smtp-before', 'smtp', 'pipe', 'smtp-before', 'milter', 'smtp', 'milter', 'pipe'] as const
    // What the mode milter needs beside the options is there from the first time on.
    let { main } = first.after
    for (const mode of journey.filter((one) => modes.includes(one))) {
      if (mode === 'milter') main = editsToEnable(instanceOf(given), enableRequest(mode), undefined).after.main
      const direct = editsToEnable(instanceOf({ ...given, main }), enableRequest(mode), undefined)
      plan = editsToEnable(written(given, plan.after), enableRequest(mode), journalOf(plan))
      expect(plan.refusals).toEqual([])
      expect(plan.after).toEqual({ master: direct.after.master, main })
      expect(plan.withServices.master).toContain('candy-lmtp')
    }
    expect(editsToDisable(written(given, plan.after), journalOf(plan)).after).toEqual(before)
  })

  test('what a test message has left in the configuration is removed by name, with a journal or without', () => {
    const plan = editsToEnable(instanceOf(given), enableRequest('smtp'), undefined)
    const proving = withProof(plan.withServices, instanceOf(given), plan.record.choice)
    expect(withoutProof(proving)).toEqual(plan.withServices)
    expect(withoutProof(plan.after)).toEqual(plan.after)
    for (const journal of [undefined, journalOf(plan)]) {
      expect(editsToDisable(written(given, proving), journal).after).toEqual(journal === undefined ? ended : before)
      expect(editsToEnable(written(given, proving), enableRequest('smtp'), journal).after).toEqual(plan.after)
    }
  })

  test('after the journal was lost and candy enabled again, disabling still removes everything of candy', () => {
    const plan = editsToEnable(instanceOf(given), enableRequest('smtp'), undefined)
    const again = editsToEnable(written(given, plan.after), enableRequest('smtp-before'), undefined)
    const { after } = editsToDisable(written(given, again.after), journalOf(again))
    expect(after.main).toBe(before.main)
    expect(after.master).not.toContain('candy')
  })

  test('the configuration of the test message differs only in the lines of the test', () => {
    const plan = editsToEnable(instanceOf(given), enableRequest('pipe'), undefined)
    const proving = withProof(plan.withServices, instanceOf(given), plan.record.choice)
    const diff = unifiedDiff('master.cf', plan.withServices.master, proving.master)
    expect(diff.match(/^-(?!--).*$/gm)).toBeNull()
    expect(diff).toContain('\n+candy-proof')
    expect(unifiedDiff('main.cf', plan.withServices.main, proving.main).match(/^[-+](?![-+]).*$/gm)).toEqual([
      '-transport_maps =',
      '+transport_maps = inline:{candy-proof.invalid=candy-lmtp:unix:candy/proof},',
    ])
  })
})

test('lines that were edited by hand since stay, and candy still finds its own', () => {
  const edit = (text: string): string =>
    text
      .replace(/^smtp {6}inet.*\n/m, (line) => `${line}  -o smtpd_delay_reject=yes\n`)
      .replace('user=vmail', 'user=vpost')
      .concat('mine      unix  -       -       n       -       -       smtp\n  # a note\n')
  const given = { master: readShape('debian.master.cf') }
  const plan = editsToEnable(instanceOf(given), enableRequest('smtp'), undefined)
  const main = `${plan.after.main}mine_time_limit = 1s\n`
  const edited = written(given, { master: edit(plan.after.master), main })
  const after = editsToDisable(edited, journalOf(plan)).after
  expect(after.master).toBe(edit(given.master))
  expect(after.main).toBe(`${readShape('plain.main.cf')}mine_time_limit = 1s\n`)
  expect(editsToEnable(edited, enableRequest('smtp'), journalOf(plan)).after.master).toBe(edited.masterText)
})

describe("candy's own entries", () => {
  const given = { master: readShape('debian.master.cf') }
  const plan = editsToEnable(instanceOf(given), enableRequest('pipe'), undefined)

  test('settings in them that were edited by hand are kept, with a warning, while candy is enabled, and are removed when it is disabled', () => {
    const master = plan.after.master.replace('  -o smtpd_timeout=1200s\n', '').replace(/(candy .*)10( +pipe)/, '$13 $2')
    const edited = written(given, { ...plan.after, master })
    const again = editsToEnable(edited, enableRequest('pipe'), journalOf(plan))
    expect(again.refusals).toEqual([])
    expect(again.after.master).toBe(master)
    expect(again.warnings.join('\n')).toMatch(
      /candy\/unix \(line \d+\): maxproc was edited by hand and is kept; candy would write 10\n.*candy-in\/unix.*: -o smtpd_timeout was edited by hand/,
    )
    expect(editsToDisable(edited, journalOf(plan)).after.master).toBe(given.master)
  })

  test('settings that an older candy, or one at another path, has written are updated, and edits by hand stay', () => {
    const old = (text: string): string =>
      text
        .replaceAll('message_size_limit=0', 'message_size_limit=20480000')
        .replace('argv=/usr/lib/candy/bin/candy-pipe', 'argv=/opt/old/candy-pipe --old')
        .replace('  -o smtpd_helo_required=no\n', '  -o smtpd_obsolete=yes\n')
    const journal = journalOf(plan)
    const { services, parameters } = journal.written
    const before: Journal = {
      ...journal,
      written: {
        services: Object.fromEntries(Object.entries(services).map(([name, text]) => [name, old(text)])),
        parameters: { ...parameters, candy_time_limit: '900s' },
      },
    }
    const byHand = (text: string): string => text.replace(/(candy-lmtp .*)10( +lmtp)/, '$140$2')
    const stale = {
      master: byHand(old(plan.after.master)),
      main: plan.after.main.replace('candy_time_limit = 1000s', 'candy_time_limit = 900s'),
    }
    const again = editsToEnable(written(given, stale), enableRequest('pipe'), before)
    expect(meaning(again.after.master)).toEqual(meaning(byHand(plan.after.master)))
    expect(again.after.main).toBe(plan.after.main)
    expect(again.warnings.filter((warning) => warning.includes('by hand'))).toHaveLength(1)
    expect(editsToDisable(written(given, again.after), journalOf(again)).after.master).toBe(given.master)
    // Without a record of what was written nobody can tell an edit from an old version.
    const unrecorded = { ...before, written: { services: {}, parameters: {} } }
    expect(meaning(editsToEnable(written(given, stale), enableRequest('pipe'), unrecorded).after.master)).toEqual(
      meaning(plan.after.master),
    )
  })

  test("candy-cleanup has the options of the site's own cleanup(8), and follows their changes", () => {
    const own = (option: string): Given => ({
      master: given.master.replace(/^cleanup .*$/m, `$&\n  -o ${option}\n  -o message_size_limit=5`),
    })
    const first = editsToEnable(instanceOf(own('header_checks=pcre:/x')), enableRequest('smtp-before'), undefined)
    expect(first.after.master).toMatch(/candy-cleanup .*\n {2}-o header_checks=pcre:\/x\n {2}-o message_size_limit=0\n/)
    const master = first.after.master.replace('header_checks=pcre:/x', 'always_bcc=a@b')
    const again = editsToEnable(written({}, { ...first.after, master }), enableRequest('smtp-before'), journalOf(first))
    expect(again.after.master).toMatch(/candy-cleanup .*\n {2}-o message_size_limit=0\n {2}-o always_bcc=a@b\n$/)
    expect(again.warnings.join()).not.toContain('by hand')
  })
})

test("without its journal candy's lines are found by their names and values", () => {
  const given = { master: readShape('submission.master.cf') }
  for (const mode of ['pipe', 'smtp'] as const) {
    const plan = editsToEnable(instanceOf(given), enableRequest(mode, { submission: true }), undefined)
    expect(editsToDisable(written(given, plan.after), undefined).after).toEqual({
      master: given.master,
      main: readShape('plain.main.cf'),
    })
  }
})

test('a pickup(8) that says itself that it wants no filter, or another one, is left as it is, also for a disabling without the journal', () => {
  for (const filter of ['', 'amavis:[127.0.0.1]:10026']) {
    const master = readShape('debian.master.cf').replace(/^pickup .*$/m, `$&\n  -o content_filter=${filter}`)
    const plan = editsToEnable(instanceOf({ master }), enableRequest('smtp'), undefined)
    expect(plan.refusals).toEqual([])
    expect(plan.warnings.join('\n')).toContain(
      `NOT filtered: pickup/unix (line 53): mail from sendmail(1) on this host; it says -o content_filter=${filter} itself`,
    )
    expect(plan.after.master).toContain(`  -o content_filter=${filter}\n`)
    expect(editsToDisable(written({}, plan.after), undefined).after.master).toBe(master)
    const named = editsToEnable(
      instanceOf({ master }),
      enableRequest('smtp', { services: { pickup: true } }),
      undefined,
    )
    expect(named.refusals.join()).toMatch(/pickup\/unix .*take that option out.*--no-service pickup/)
  }
})

test('enabling again takes a changed main.cf into account', () => {
  const first = editsToEnable(
    instanceOf({ parameters: { receive_override_options: 'no_milters' } }),
    enableRequest('smtp'),
    undefined,
  )
  expect(first.after.master).toContain('-o receive_override_options=no_milters,no_address_mappings')
  for (const journal of [journalOf(first), undefined]) {
    const now = written({ parameters: { receive_override_options: 'no_milters' } }, first.after)
    expect(editsToEnable(now, enableRequest('smtp'), journal).after).toEqual(first.after)
    expect(editsToDisable(now, journal).after.master).toBe(readShape('debian.master.cf'))
  }
  const later = editsToEnable(written({}, first.after), enableRequest('smtp'), journalOf(first))
  expect(later.after.master).toContain('-o receive_override_options=no_address_mappings\n')
})

test('an option of the site to which candy has added a word gets its old value back', () => {
  const given = { master: readShape('submission.master.cf') }
  const plan = editsToEnable(instanceOf(given), enableRequest('smtp', { submission: true }), undefined)
  expect(plan.after.master).toContain('  -o receive_override_options=no_milters,no_address_mappings\n')
  const inherited = editsToEnable(
    instanceOf({ ...given, parameters: { receive_override_options: 'no_header_body_checks' } }),
    enableRequest('smtp'),
    undefined,
  )
  expect(inherited.after.master).toContain('  -o receive_override_options=no_header_body_checks,no_address_mappings\n')
})

test('in pipe mode mail from sendmail(1) is filtered, unless it comes back by the same listener, with a warning of what that costs', () => {
  const plan = (more: Partial<EnableRequest>, parameters = {}): EnableEdits =>
    editsToEnable(instanceOf({ parameters }), enableRequest('pipe', more), undefined)
  expect(plan({}).entrances.join()).toContain('pickup/unix')
  expect(plan({}).warnings).toEqual([])
  const back = plan({ reinjectsByPickup: true }, { non_smtpd_milters: 'inet:127.0.0.1:8891' })
  expect(back.entrances.join()).not.toContain('pickup/unix')
  expect(back.warnings.join('\n')).toMatch(
    /NOT filtered: pickup.*candy itself hands mail back there(?:.|\n)*pipe\.reinject = "sendmail": .*SMTPUTF8(?:.|\n)*non_smtpd_milters/,
  )
  expect(plan({}, { local_header_rewrite_clients: 'permit_mynetworks' }).warnings.join()).toContain(
    'local_header_rewrite_clients (permit_mynetworks) is not known to pipe(8)',
  )
})

describe('what depends on the version of Postfix', () => {
  const line = (unknown: readonly string[]): RegExpMatchArray | null =>
    editsToEnable(instanceOf({ unknown }), enableRequest('pipe'), undefined).after.master.match(
      /smtpd_forbid_bare_newline\S*/g,
    )

  test('smtpd_forbid_bare_newline is normalize where Postfix knows that value, yes in four older releases, and left out before those', () => {
    const reply = 'smtpd_forbid_bare_newline_reject_code'
    const both = ['smtpd_forbid_bare_newline', 'smtpd_forbid_bare_newline_exclusions']
    const pair = (value: string): string[] => [
      `smtpd_forbid_bare_newline=${value}`,
      'smtpd_forbid_bare_newline_exclusions=',
    ]
    expect(line([])).toEqual([...pair('normalize'), ...pair('normalize')])
    expect(line([reply])).toEqual([...pair('yes'), ...pair('yes')])
    expect(line([reply, ...both])).toBeNull()
  })
})

test('mail that comes back is not limited in size, whatever main.cf says by then', () => {
  const { master } = editsToEnable(instanceOf(), enableRequest('pipe'), undefined).after
  expect(master.match(/message_size_limit=\d+/g)).toEqual(Array(3).fill('message_size_limit=0'))
})
