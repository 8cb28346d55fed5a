#!/usr/bin/env node
/** A part of `npm run lint`: says of each import that breaks a wall (walls.ts) where it stands. Status 1 when there is one. */
import { resolve } from 'node:path'
import { importTypeScript } from '../typescript.js'

const { findFaults } = await importTypeScript(resolve(import.meta.dirname, 'workspace.ts'))
const faults = await findFaults(process.argv[2] ?? resolve(import.meta.dirname, '../..'))
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
