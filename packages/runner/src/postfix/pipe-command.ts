/**
 * The command that pipe(8) runs for each message, in a directory of its own in the state directory, where only root may write:
 * candy-pipe, the program candy-handover, and a link to candy.cjs. They are copies, because pipe(8) delivers nothing and says nothing
 * when the command is an empty file, and bounces mail when it is a program for another processor: a package that is being upgraded,
 * on a disk that is full perhaps, must not be what pipe(8) runs.
 */
import { spawnSync } from 'node:child_process'
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { PostfixError } from './error.js'
import type { Handover } from './handover.js'
import { removeRootFile, writeRootFile, writeRootLink } from './root-file.js'

/** Absolute paths of what is copied or linked. */
export interface PipeSources {
  readonly candyPipe: string
  readonly candy: string
  /** The program candy-handover; undefined where there is none for this platform. */
  readonly handover: Handover | undefined
}

export interface PipeCommand {
  /** The paths that are missing or are not what they should be, and those that should not be there. */
  readonly stale: readonly string[]
  /** Puts everything right. Each file is written completely or not at all, and survives a power failure. */
  renew(): void
}

const DIRECTORY = 'bin'
const NAMES = { candyPipe: 'candy-pipe', handover: 'candy-handover', candy: 'candy.cjs' } as const

const MODE = 0o755

/** What candy-handover prints when it is asked for its version, which is that of its protocol with candy serve. */
const VERSION = 'candy-handover 1\n'

/** Milliseconds. */
const VERSION_TIMEOUT = 10_000

const OTHERS_WRITE = 0o022

/** The command itself. */
export function pipeCommand(state: string): string {
  return join(state, DIRECTORY, NAMES.candyPipe)
}

/** All paths of the command. */
export function pipeCommandPaths(state: string): readonly string[] {
  return Object.values(NAMES).map((name) => join(state, DIRECTORY, name))
}

/** The socket on which candy serve takes messages from candy-handover, in a directory that only the account candy may enter. */
export function pipeSocket(state: string): string {
  return join(state, 'pipe', 'socket')
}

/** Compares what is in the state directory with what should be. Throws PostfixError when the installation is damaged. */
export function examinePipeCommand(state: string, { candyPipe, candy, handover }: PipeSources): PipeCommand {
  const wall = readFileSync(candyPipe)
  if (!isWhole(wall)) throw new PostfixError(`${candyPipe} is damaged: install candy anew, then try again`)
  const given = handover?.program
  const program = given !== undefined && isUsable(given) ? readFileSync(given) : undefined
  const path = (name: string): string => join(state, DIRECTORY, name)
  const parts = [
    filePart(path(NAMES.candyPipe), wall),
    program === undefined ? noPart(path(NAMES.handover)) : filePart(path(NAMES.handover), program),
    linkPart(path(NAMES.candy), candy),
  ]
  const stale = parts.filter(({ isRight }) => !isRight)
  return {
    stale: stale.map((part) => part.path),
    renew: () => {
      for (const { renew } of stale) renew()
    },
  }
}

/** Removes the command. To be called when pipe(8) does not run it any more. */
export function removePipeCommand(state: string): void {
  for (const path of pipeCommandPaths(state)) removeRootFile(path)
}

interface Part {
  readonly path: string
  readonly isRight: boolean
  renew(): void
}

function filePart(path: string, bytes: Buffer): Part {
  const stats = statsOf(path)
  const isRight =
    stats?.isFile() === true && isRoots(stats) && (stats.mode & 0o777) === MODE && readFileSync(path).equals(bytes)
  return { path, isRight, renew: () => writeRootFile(path, bytes.toString('latin1'), MODE) }
}

function linkPart(path: string, target: string): Part {
  const isRight = statsOf(path)?.isSymbolicLink() === true && readlinkSync(path) === target
  return { path, isRight, renew: () => writeRootLink(path, target) }
}

function noPart(path: string): Part {
  return { path, isRight: statsOf(path) === undefined, renew: () => removeRootFile(path) }
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function isRoots({ uid, mode }: Stats): boolean {
  return uid === 0 && (mode & OTHERS_WRITE) === 0
}

/** Whether the script has its first line and its last. */
function isWhole(script: Buffer): boolean {
  const text = script.toString('latin1')
  return text.startsWith('#!/bin/sh\n') && text.endsWith('\nexit 75\n')
}

/** Whether the program runs on this machine. */
function isUsable(program: string): boolean {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'latin1', timeout: VERSION_TIMEOUT })
  return status === 0 && stdout === VERSION
}
