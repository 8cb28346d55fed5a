#!/usr/bin/env node
/** A part of `npm run lint`: says of each import that breaks a wall (walls.ts) where it stands. Status 1 when there is one. */
import { resolve } from 'node:path'
import { importTypeScript } from '../typescript.js'

const { findProblems } = await importTypeScript(resolve(import.meta.dirname, 'workspace.ts'))
const problems = await findProblems(process.argv[2] ?? resolve(import.meta.dirname, '../..'))
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
