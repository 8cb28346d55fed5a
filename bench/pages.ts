/** Where the figures stand: bench/results.md and results.svg, and between two marks in README.md, which show the same. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { overviewOf } from './overview.js'
import { drawReport } from './plot.js'
import { goalsSheet, lanesSheet, type Report, ratiosSheet, workloadsSheet } from './report.js'
import { toMarkdown } from './sheet.js'

const ROOT = resolve(import.meta.dirname, '..')
/** What stands between the marks. */
export const FIGURES: RegExp = /(?<=<!-- bench -->\n)[\s\S]*(?=<!-- \/bench -->)/

export function writePages(report: Report): void {
  const overview = `${report.about} Made by \`npm run bench\`.\n\n${toMarkdown(ratiosSheet(overviewOf(report)))}\n`
  const picture = (path: string): string => `![Throughput and delay of each way, as bars](${path})\n`
  const readme = join(ROOT, 'README.md')
  const page = readFileSync(readme, 'utf8')
  if (!FIGURES.test(page)) throw new Error(`${readme} has no marks for the figures: <!-- bench --> and <!-- /bench -->`)
  writeFileSync(
    readme,
    page.replace(FIGURES, () => `\n${picture('bench/results.svg')}\n${overview}\n`),
  )
  const parts = [
    '# Results\n',
    picture('results.svg'),
    overview,
    '## All lanes, 4 KiB\n',
    `${toMarkdown(lanesSheet(report))}\n`,
    '## All lanes by workload\n',
    `${toMarkdown(workloadsSheet(report))}\n`,
    '## Goals\n',
    `${toMarkdown(goalsSheet(report))}\n`,
  ]
  writeFileSync(join(ROOT, 'bench/results.md'), parts.join('\n'))
  writeFileSync(join(ROOT, 'bench/results.svg'), drawReport(report))
}
