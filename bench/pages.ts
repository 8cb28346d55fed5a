/** Where the figures stand: bench/results.md and results.svg, and between two marks in other pages, which show a part of them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { overviewOf } from './overview.js'
import { drawReport } from './plot.js'
import { goalsSheet, lanesSheet, type Report, ratiosSheet, workloadsSheet } from './report.js'
import { toMarkdown } from './sheet.js'

const ROOT = resolve(import.meta.dirname, '..')
/** The pages that show figures, and which of them. */
export const PAGES: readonly { readonly page: string; readonly shows: 'overview' | 'lanes'; readonly svg: string }[] = [
  { page: 'README.md', shows: 'overview', svg: 'bench/results.svg' },
  { page: 'docs/choosing-a-mode.md', shows: 'overview', svg: '../bench/results.svg' },
  { page: 'docs/tuning.md', shows: 'lanes', svg: '../bench/results.svg' },
]

/** What stands between the marks. */
export const FIGURES: RegExp = /(?<=<!-- bench -->\n)[\s\S]*(?=<!-- \/bench -->)/

export function writePages(report: Report): void {
  const overview = `${report.about} Made by \`npm run bench\`.\n\n${toMarkdown(ratiosSheet(overviewOf(report)))}\n`
  const lanes = `${toMarkdown(lanesSheet(report))}\n`
  const picture = (path: string): string => `![Throughput and delay of each way, as bars](${path})\n`
  const figures = { overview, lanes: `${report.about}\n\n${lanes}` }
  for (const { page, shows, svg } of PAGES) {
    const path = join(ROOT, page)
    const text = readFileSync(path, 'utf8')
    if (!FIGURES.test(text)) throw new Error(`${path} has no marks for the figures: <!-- bench --> and <!-- /bench -->`)
    writeFileSync(
      path,
      text.replace(FIGURES, () => `\n${picture(svg)}\n${figures[shows]}\n`),
    )
  }
  const parts = [
    '# Results\n',
    picture('results.svg'),
    overview,
    '## All lanes, 4 KiB\n',
    lanes,
    '## All lanes by workload\n',
    `${toMarkdown(workloadsSheet(report))}\n`,
    '## Goals\n',
    `${toMarkdown(goalsSheet(report))}\n`,
  ]
  writeFileSync(join(ROOT, 'bench/results.md'), parts.join('\n'))
  writeFileSync(join(ROOT, 'bench/results.svg'), drawReport(report))
}
