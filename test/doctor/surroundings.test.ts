/** Every fault that the doctor knows of what a site gets from elsewhere: accounts, daemons, packages, candy itself. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, test, vi } from 'vitest'
import { type Clamd, startClamd } from '../kit/clamd.js'
import { runCommand } from '../kit/command.js'
import { type Registry, startRegistry } from '../registry/registry.js'
import { type Group, recover, suffer, together, treat, typed } from './fault.js'
import { type Patient, startPatient } from './patient.js'
import { makeHostPrivate } from './private-host.js'

let patient: Patient
let clamd: Clamd
let registry: Registry

/** The name of a package that the registry of the test has, and of its drop-in. */
const PACKAGE = '@you/filter-none'

beforeAll(async () => {
  patient = await startPatient()
  await makeHostPrivate(patient)
  const directory = join(patient.directory, 'clamd')
  clamd = await startClamd({ directory, settings: { AlertExceedsMax: 'yes' } })
  await patient.type(`mkdir /run/clamav && ln -s ${clamd.socket} /run/clamav/clamd.ctl`)
  await writeService('clamav-daemon', `${directory}/clamd.conf`)
  registry = await startRegistry(join(patient.directory, 'registry'))
  await publish(join(patient.directory, 'package'))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await registry?.[Symbol.asyncDispose]()
  await patient?.stop()
  await clamd?.stop()
})

/**
 * A script of init(8) that starts this clamd, and starts it with the machine. A clamd that puts itself into the background tells so by
 * SIGINT, of which the one that waits for it dies when it comes too early.
 */
async function writeService(name: string, configuration: string): Promise<void> {
  const script = `#!/bin/sh
case $1 in
start) setsid clamd --foreground --config-file=${configuration} </dev/null >/dev/null 2>&1 & ;;
status) pgrep -f -- --config-file=${configuration} >/dev/null || exit 3 ;;
esac
`
  await writeFile(join(patient.directory, name), script, { mode: 0o755 })
  await patient.type(`mv ${join(patient.directory, name)} /etc/init.d/ && rm -f /etc/rc?.d/S??clamav-*`)
  await patient.type(`ln -s ../init.d/${name} /etc/rc2.d/S01${name}`)
}

/** Publishes a filter that accepts all mail, and has npm(1) ask the registry of the test from now on. */
async function publish(directory: string): Promise<void> {
  await mkdir(join(directory, 'filters.d'), { recursive: true })
  const manifest = { name: PACKAGE, version: '1.0.0', type: 'module', main: 'index.js', keywords: ['candy-filter'] }
  const code = `export const filter = {
    api: 1, name: 'none', rewrites: false, fields: [], sharedFields: [],
    options: { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } },
    create: () => ({ judge: () => ({ action: 'accept' }) }),
  }
`
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(directory, 'index.js'), code)
  await writeFile(join(directory, 'filters.d/60-none.toml'), `filter = "${PACKAGE}"\n`)
  const npmrc = join(patient.directory, 'npmrc')
  await writeFile(npmrc, registry.publisher)
  vi.stubEnv('NPM_CONFIG_USERCONFIG', npmrc)
  await runCommand('npm', ['publish', directory, '--provenance=false'])
}

const filters: readonly Group[] = [
  together({
    name: 'a filters.d without filters',
    make: typed('mv $ETC/filters.d/50-accept $ETC/filters.d/50-accept.disabled', 'candy reload'),
    check: 'filters',
    says: /\/filters\.d has no filters$/,
    urgent: false,
  }),
  together(
    {
      name: 'a scanner that does not run',
      make: async () => clamd.kill(),
      check: 'filters',
      says: /^50-clamav: unix:\/var\/run\/clamav\/clamd\.ctl: /,
    },
    {
      name: 'a system log that nobody reads',
      make: typed("sed -i '/^to = /d' $ETC/candy.toml", 'candy reload'),
      check: 'log',
      says: /^nobody reads \/dev\/log, /,
      urgent: false,
    },
  ),
  together({
    name: 'the package of a filter that is gone',
    make: typed(`candy add ${PACKAGE} --as 70-none`, 'rm -r $STATE/packages/current/node_modules/@you'),
    check: 'filters',
    says: /\/70-none\.toml: the package @you\/filter-none is not installed$/,
  }),
]

const service: readonly Group[] = [
  together({
    name: 'no account of candy',
    make: typed('sed -i /^candy:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow'),
    check: 'directories',
    says: /^there is no account candy$/,
  }),
  together({
    name: 'a service of the version before an upgrade',
    make: typed(`sed -i 's/"version": "[^"]*"/"version": "99.0.0"/' $CANDY/node_modules/@candy/runner/package.json`),
    check: 'generation',
    says: /^candy serve runs version \d+\.\d+\.\d+, and 99\.0\.0 is installed$/,
    urgent: false,
  }),
  together({
    name: 'a service that nobody keeps running',
    // The shell that starts it again is its parent.
    make: typed('S=$(pgrep -u candy -of $CANDY); kill -KILL $(ps -o ppid= $S); kill -KILL $(pgrep -u candy -f $CANDY)'),
    check: 'sockets',
    says: /^candy serve does not answer on .*\/candy\/lmtp; /,
  }),
  together({
    name: 'a service of the version before an upgrade, which nobody keeps running',
    make: typed(`sed -i 's/"version": "99.0.0"/"version": "99.0.1"/' $CANDY/node_modules/@candy/runner/package.json`),
    check: 'generation',
    says: /^candy serve runs version 99\.0\.0, and 99\.0\.1 is installed$/,
    urgent: false,
  }),
]

test.each(filters)('%s', (_, faults) => treat(patient, faults))

test('then all filters are well', () => recover(patient))

test.each(service)('%s', (_, faults) => suffer(patient, faults))
