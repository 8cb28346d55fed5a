/** What makes the manual pages: no text becomes a request or an escape of man(7), whatever it is. */
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDocument } from '../manual/markdown.js'
import { printPage } from '../manual/page.js'
import { makeScratch } from './kit/scratch.js'

const ODD = [
  '.TH at the start of a line',
  "'quoted' at the start of a line",
  'a backslash \\ and what would be escapes: \\fBbold\\fR \\n(.x \\" no comment',
  '--long and -s, a-b, ^caret, ~tilde, `backtick`, "double"',
]

test('odd text comes out of mandoc and man as it went in', async () => {
  await using scratch = await makeScratch('manual')
  const path = join(scratch.path, 'odd.7')
  const blocks = [
    ...ODD.map((text) => ({ paragraph: [{ text }] })),
    { example: ODD.join('\n') },
    { terms: ODD.map((text) => ({ term: [{ text: 'term' }], blocks: [{ paragraph: [{ text }] }] })) },
  ]
  const sections = [{ heading: 'DESCRIPTION', blocks }]
  await writeFile(path, printPage({ name: 'odd', section: 7, about: 'odd text', source: 'test', sections }))
  for (const [command, argv] of [
    ['mandoc', ['-T', 'ascii', '-O', 'width=200', path]],
    ['man', ['--warnings', '-l', path]],
  ] as const) {
    const env = { ...process.env, MANWIDTH: '200', LC_ALL: 'C' }
    const { stdout, stderr } = spawnSync(command, argv, { encoding: 'utf8', env })
    expect(stderr).toBe('')
    const shown = stdout.replace(/.[\b]/g, '').replace(/[ \n]+/g, ' ')
    for (const text of ODD) expect(shown.split(text), `${command}: ${text}`).toHaveLength(4)
  }
})

test('Markdown becomes paragraphs, examples, lists and, of tables, terms; a link becomes its text', () => {
  const { opening, sections } = readDocument(
    '# Title\n\nA `code`, *word* and [link](x.md).\n\n## Next\n\n- one\n\n| key | default | is |\n| - | - | - |\n| `a` | 1 | what |\n\n```\nverbatim\n```\n',
  )
  const [word, link] = [{ text: 'word', font: 'italic' }, { text: 'link' }]
  expect(opening).toEqual([
    {
      paragraph: [
        { text: 'A ' },
        { text: 'code', font: 'bold' },
        { text: ', ' },
        word,
        { text: ' and ' },
        link,
        { text: '.' },
      ],
    },
  ])
  const told = [{ paragraph: [{ text: 'what' }] }, { paragraph: [{ text: 'default: ' }, { text: '1' }] }]
  expect(sections).toEqual([
    {
      heading: 'Next',
      blocks: [
        { items: [[{ paragraph: [{ text: 'one' }] }]], ordered: false },
        { terms: [{ term: [{ text: 'a', font: 'bold' }], blocks: told }] },
        { example: 'verbatim' },
      ],
    },
  ])
})

test('what a page cannot show stops the build', () => {
  const page = { name: 'x', section: 8, about: 'caf\u00e9', source: 'test', sections: [] }
  expect(() => printPage(page)).toThrow('a manual page cannot show "\u00e9"')
  expect(() => readDocument('### Too deep\n')).toThrow('level 3')
})
