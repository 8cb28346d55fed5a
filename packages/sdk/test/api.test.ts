import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { printApi } from '../build/api.js'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const TSC = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url))

test('the public API is the one in api/sdk.d.ts.txt; `vitest -u` writes it anew', async () => {
  const out = await mkdtemp(join(tmpdir(), 'api-'))
  onTestFinished(() => rm(out, { recursive: true }))
  const emit = ['--outDir', out, '--tsBuildInfoFile', join(out, '.tsbuildinfo'), '--emitDeclarationOnly']
  await promisify(execFile)(TSC, ['-p', PACKAGE, ...emit, '--declarationMap', 'false', '--removeComments'])
  const report = printApi(pathToFileURL(`${out}/`), [
    'index.d.ts',
    'failover/index.d.ts',
    'testing/index.d.ts',
    'values/index.d.ts',
  ])
  await expect(report).toMatchFileSnapshot('../api/sdk.d.ts.txt')
})
