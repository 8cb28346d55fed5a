/** The order of the test files: what takes longest first, so that at the end no worker is left with it alone. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By how their paths end; those that take more than half a minute, longest first. */
const LONG = [
  'enable/killed.test.ts',
  'registry/release.test.ts',
  'enable/shapes.test.ts',
  'doctor/send.test.ts',
  'doctor/host-faults.test.ts',
  'commands/commands.test.ts',
  'smtp/load.test.ts',
  'enable/accidents.test.ts',
  'doctor/configuration-faults.test.ts',
  'doctor/surroundings.test.ts',
  'enable/resident.test.ts',
  'modes/scanners.test.ts',
  'modes/seen.test.ts',
  'modes/verdicts.test.ts',
  'pipe/load.test.ts',
  'milter/load.test.ts',
  'cli/add.test.ts',
  'pipe/accidents.test.ts',
  'cli/quarantine.test.ts',
  'doctor/well.test.ts',
  'enable/pipe.test.ts',
  'enable/full-disk.test.ts',
  'enable/together.test.ts',
  'site.test.ts',
  'cli/enable.test.ts',
  'smtp/service.test.ts',
  'quarantine/killed.test.ts',
  'smtp/load-before.test.ts',
  'trace/modes.test.ts',
  'enable/disable.test.ts',
  'smtp/accidents.test.ts',
  'smtp/load-scanners.test.ts',
  'smtp/fuzz.test.ts',
  'smtp/load-scan.test.ts',
  'smtp/memory.test.ts',
  'modes/fidelity.test.ts',
  'milter/packets.test.ts',
  'smtp/load-next-hop.test.ts',
  'smtp/hostile.test.ts',
  'smtp/generations.test.ts',
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
