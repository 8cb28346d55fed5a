/** The page of the command of `@candy/master-cf`: one for all its commands, from the texts that `--help` prints. */
import type { ABOUT, COMMANDS, EXITS, OPTIONS } from '../packages/master-cf/src/cli/help.js'
import { type Page, printPage } from './page.js'
import type { Span } from './roff.js'
import { flagsOf, sentence, spansOfText } from './wording.js'

export interface MasterCfTexts {
  readonly about: typeof ABOUT
  readonly commands: typeof COMMANDS
  readonly options: typeof OPTIONS
  readonly exits: typeof EXITS
  /** The package and its version. */
  readonly source: string
}

/** The text of each file, by its path in the package. */
export function masterCfFiles({ about, commands, options, exits, source }: MasterCfTexts): ReadonlyMap<string, string> {
  const all = Object.entries(commands)
  const page: Page = {
    name: 'master-cf',
    section: 1,
    about: "read and edit Postfix's master.cf without loss",
    source,
    sections: [
      { heading: 'SYNOPSIS', blocks: all.map(([name, { usage }]) => ({ paragraph: synopsis(name, usage) })) },
      { heading: 'DESCRIPTION', blocks: [{ paragraph: spansOfText(about) }] },
      {
        heading: 'COMMANDS',
        blocks: [
          {
            terms: all.map(([name, { text }]) => ({
              term: [{ text: name, font: 'bold' }],
              blocks: [{ paragraph: spansOfText(text) }],
            })),
          },
        ],
      },
      {
        heading: 'OPTIONS',
        blocks: [
          {
            terms: Object.values(options).map(({ flags, text }) => ({
              term: flagsOf(flags),
              blocks: [{ paragraph: spansOfText(sentence(text)) }],
            })),
          },
        ],
      },
      {
        heading: 'EXIT STATUS',
        blocks: [
          {
            terms: Object.entries(exits).map(([status, means]) => ({
              term: [{ text: status, font: 'bold' }],
              blocks: [{ paragraph: spansOfText(sentence(means)) }],
            })),
          },
        ],
      },
      {
        heading: 'FILES',
        blocks: [
          {
            terms: [
              {
                term: [{ text: '/etc/postfix/master.cf', font: 'bold' }],
                blocks: [{ paragraph: [{ text: 'The services of Postfix; see master(5).' }] }],
              },
            ],
          },
        ],
      },
      { heading: 'EXAMPLES', blocks: [{ example: all.map(([, { example }]) => example).join('\n') }] },
      { heading: 'SEE ALSO', blocks: [{ paragraph: spansOfText('master(5), postconf(1), postfix(1)') }] },
    ],
  }
  return new Map([['man/master-cf.1', printPage(page)]])
}

/** Words in capital letters stand for something else. */
function synopsis(name: string, usage: string): readonly Span[] {
  const words = usage.split(/([A-Z]{2,})|(--?[a-z-]+)/).filter((part) => part !== undefined && part !== '')
  const spans = words.map((part): Span => {
    if (/^[A-Z]{2,}$/.test(part)) return { text: part, font: 'italic' }
    return part.startsWith('-') ? { text: part, font: 'bold' } : { text: part }
  })
  return [{ text: `master-cf ${name}`, font: 'bold' }, { text: ' ' }, ...spans]
}
