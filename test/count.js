/** Prints `N passed, N failed` from vitest's JSON report. A file that failed without a failed test, because it could not be loaded say, counts as one failure. */
import { readFileSync } from 'node:fs'

const text = readFileSync(process.argv[2] ?? '', 'utf8')
if (text === '') {
  console.error('vitest ended without a report')
  process.exit(1)
}
const report = JSON.parse(text)
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
)
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed`)
