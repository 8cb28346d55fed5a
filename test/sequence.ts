/** The order of the test files: what takes longest first, so that at the end no worker is left with it alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By how their paths end; those that take more than a quarter of a minute, longest first. */
const LONG = [
  'registry/release.test.ts',
  'doctor/send.test.ts',
  'commands/commands.test.ts',
  'doctor/host-faults.test.ts',
  'doctor/configuration-faults.test.ts',
  'cli/add.test.ts',
  'enable/killed.test.ts',
  'enable/shapes.test.ts',
  'trace/modes.test.ts',
  'smtp/service.test.ts',
  'doctor/surroundings.test.ts',
  'doctor/well.test.ts',
  'quarantine/release.test.ts',
  'smtp/generations.test.ts',
  'cli/quarantine.test.ts',
  'site.test.ts',
  'cli/enable.test.ts',
  'modes/seen.test.ts',
  'quarantine/killed.test.ts',
  'modes/verdicts.test.ts',
  'smtp/load.test.ts',
  'enable/resident.test.ts',
  'pipe/accidents.test.ts',
  'modes/scanners.test.ts',
  'cli/check.test.ts',
  'smtp/counting.test.ts',
  'smtp/accidents.test.ts',
  'pipe/load.test.ts',
  'smtp/fuzz.test.ts',
  'smtp/memory.test.ts',
  'enable/accidents.test.ts',
  'trace/million.test.ts',
  'modes/fidelity.test.ts',
  'enable/full-disk.test.ts',
  'smtp/load-scan.test.ts',
  'pipe/handover.test.ts',
  'milter/load.test.ts',
  'cli/list.test.ts',
  'enable/pipe.test.ts',
  'smtp/smuggling.test.ts',
  'smtp/hostile.test.ts',
  'pipe/upstream.test.ts',
  'smtp/load-before.test.ts',
  'smtp/load-scanners.test.ts',
  'relay/misbehaving-next-hop.test.ts',
  'enable/disable.test.ts',
  'smtp/adding.test.ts',
  'enable/together.test.ts',
  'report/browser.test.ts',
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
