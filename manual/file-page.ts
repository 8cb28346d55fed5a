/** The pages of the files that an administrator writes: the page of docs/ about each, which tests hold to the code that reads the file. */
import { readDocument } from './markdown.js'
import type { Page, Section } from './page.js'
import { spansOfText } from './wording.js'

export interface FilePage {
  readonly name: string
  readonly about: string
  /** The path that SYNOPSIS shows, and FILES. */
  readonly path: string
  /** The text of the page of docs/. */
  readonly markdown: string
  readonly source: string
  readonly seeAlso: readonly string[]
}

export function filePage({ name, about, path, markdown, source, seeAlso }: FilePage): Page {
  const { opening, sections } = readDocument(markdown)
  const note = 'What is called NAME.md here is a page of the documentation of PostfixCandy.'
  const rest: readonly Section[] = [
    { heading: 'SYNOPSIS', blocks: [{ paragraph: [{ text: path, font: 'bold' }] }] },
    { heading: 'DESCRIPTION', blocks: opening },
    ...sections,
    {
      heading: 'FILES',
      blocks: [
        {
          terms: [
            {
              term: [{ text: path, font: 'bold' }],
              blocks: [
                {
                  paragraph: spansOfText("In Postfix's configuration directory; for another instance, in that one's."),
                },
              ],
            },
          ],
        },
      ],
    },
    { heading: 'SEE ALSO', blocks: [{ paragraph: spansOfText(seeAlso.join(', ')) }, { paragraph: spansOfText(note) }] },
  ]
  return { name, section: 5, about, source, sections: rest }
}
