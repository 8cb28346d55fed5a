/** The order of the test files: what takes longest first, so that at the end no worker is left with it alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By how their paths end; those that take more than half a minute, longest first. */
const LONG = [
  'smtp/load.test.ts',
  'enable/shapes.test.ts',
  'registry/release.test.ts',
  'enable/accidents.test.ts',
  'pipe/accidents.test.ts',
  'test/seen.test.ts',
  'smtp/load-scanners.test.ts',
  'smtp/load-before.test.ts',
  'enable/disable.test.ts',
  'enable/pipe.test.ts',
  'smtp/load-next-hop.test.ts',
  'smtp/accidents.test.ts',
  'smtp/fuzz.test.ts',
  'enable/modes.test.ts',
  'smtp/memory.test.ts',
  'smtp/smuggling.test.ts',
  'cli/enable.test.ts',
  'smtp/load-scan.test.ts',
  'smtp/fidelity.test.ts',
  'pipe/upstream.test.ts',
  'smtp/verdicts.test.ts',
  'smtp/service.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((end) => moduleId.endsWith(end))
      return place === -1 ? LONG.length : place
    }
    return files.toSorted((a, b) => rank(a) - rank(b))
  }
}
