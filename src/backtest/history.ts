import type { CaseBatch } from './case.ts'

/** The past, in pieces. Where it is cut follows from the history alone, so that the same one gives the same bytes. */
export interface History {
  readonly source: 'database' | 'files'
  /** Questions, as far as it is known before they are read. */
  readonly total: number
  pieces(): AsyncIterable<Piece>
}

/** Lines of files are made cases of where they are counted: that is half the work. */
export type Piece = CasesPiece | LinesPiece

export interface CasesPiece extends CaseBatch {
  readonly kind: 'cases'
}

export interface LinesPiece {
  readonly kind: 'lines'
  /** Of all three files, each behind its place: see `tagLine`. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly outcomes: number
  readonly reading: Reading
}

/** How lines are read. */
export interface Reading {
  /** Names of the files, for messages. */
  readonly files: Readonly<Record<FileKind, string>>
  /** The time of questions that have none, in milliseconds since the epoch. */
  readonly now: number
  /** Only outcomes of this decision, or of this split; null: all. */
  readonly decision: string | null
  readonly split: string | null
}

export const FILE_KINDS = ['accounts', 'signals', 'outcomes'] as const
export type FileKind = (typeof FILE_KINDS)[number]
