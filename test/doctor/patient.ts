/** A site with candy enabled on which everything is well, to be broken: what the doctor says of it, and typing what it says. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../packages/runner/src/doctor/finding.js'
import { type Site, startSite } from '../enable/site.js'
import type { CommandResult } from '../kit/command.js'
import { cool } from '../kit/instance.js'
import type { TestBedOptions } from '../kit/test-bed.js'

export interface Diagnosis {
  readonly status: number | null
  readonly state: Finding['state']
  readonly findings: readonly Finding[]
}

export interface Patient extends Site {
  doctor(...argv: readonly string[]): Promise<Diagnosis>
  /** What is not well. */
  ailments(): Promise<readonly Finding[]>
  /** Types a command as root in a shell where this Postfix is the default one and `candy` is to be found. Throws when it fails. */
  type(command: string): Promise<CommandResult>
}

export interface PatientOptions extends TestBedOptions {
  readonly mode?: 'pipe' | 'smtp' | 'smtp-before' | 'milter'
}

/** Starts the site, with a script filter that accepts all mail, and enables candy in the mode. */
export async function startPatient({ mode = 'smtp', ...options }: PatientOptions = {}): Promise<Patient> {
  const site = await startSite(options)
  const bin = join(site.directory, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'candy'), `#!/bin/sh\nexec ${process.execPath} ${site.installation.candy} "$@"\n`, {
    mode: 0o755,
  })
  const logs = join(site.directory, 'log')
  const type = async (command: string): Promise<CommandResult> => {
    const result = await site.postfix.run('sh', ['-c', `PATH=${bin}:$PATH\n${command}`])
    if (result.status !== 0) throw new Error(`${command}: status ${result.status}\n${result.stdout}${result.stderr}`)
    // postconf(1) may have written it.
    await cool(site.postfix.configDirectory)
    return result
  }
  await type(`install -d -o candy -g candy -m 750 ${logs}`)
  const settings = `state = "${site.state}"\n[log]\nto = "${join(logs, 'candy.log')}"\n`
  await writeFile(join(site.postfix.configDirectory, 'candy.toml'), settings)
  await site.writeFilter('50-accept', '#!/bin/sh\nexit 0\n')
  site.supervise()
  await site.enable('--mode', mode)
  const doctor = async (...argv: readonly string[]): Promise<Diagnosis> => {
    const line = [process.execPath, site.installation.candy, 'doctor', '--json', ...argv]
    const { status, stdout, stderr } = await site.postfix.run('sh', ['-c', 'exec "$@"', 'sh', ...line])
    try {
      return { status, ...(JSON.parse(stdout.toString()) as Omit<Diagnosis, 'status'>) }
    } catch {
      throw new Error(`candy doctor: status ${status}\n${stdout}${stderr}`)
    }
  }
  return {
    ...site,
    type,
    doctor,
    ailments: async () => (await doctor()).findings.filter(({ state }) => state !== 'well'),
  }
}
