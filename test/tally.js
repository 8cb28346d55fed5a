/**
 * A vitest reporter that writes `N passed, N failed` to the file named in CANDY_TALLY. A file that could not be loaded and
 * an error outside of any test count as failures, since no test of theirs says so.
 */
import { writeFileSync } from 'node:fs'

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter as the default export
export default class Tally {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = (state) => modules.flatMap((module) => [...module.children.allTests(state)])
    const broken = modules.filter((module) => !module.ok() && [...module.children.allTests('failed')].length === 0)
    const failed = tests('failed').length + broken.length + unhandledErrors.length
    // biome-ignore lint/suspicious/noUndeclaredEnvVars: test/run sets it, and that is no task of Turborepo's
    writeFileSync(process.env.CANDY_TALLY ?? '/dev/stdout', `${tests('passed').length} passed, ${failed} failed\n`)
  }
}
