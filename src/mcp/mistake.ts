import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  type JSONRPCMessage,
  type JSONRPCRequest,
  JSONRPCRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { z } from 'zod'
import { MEBIBYTE } from '../http/errors.ts'
import { faultIn } from '../http/parse-json.ts'
import { check, sentences } from '../http/validation.ts'
import { Refusal } from './api.ts'
import { refused } from './result.ts'

/** More than a tool takes, so that it is the tool that refuses: of what is refused as a message no model hears. */
export const MESSAGE_BYTES_AT_MOST = 4 * MEBIBYTE

/**
 * What answers a request that nothing can be made of, though it is one: of a tool a result that a model can act on, of
 * anything else an error of the protocol. The SDK would answer in the words of its schemas, or not at all.
 *
 * @param message JSON
 * @returns undefined where nothing is wrong, or it is no request
 */
export function answerToMistake(message: unknown): JSONRPCMessage | undefined {
  const { data: request } = JSONRPCRequestSchema.safeParse(message)
  if (request === undefined) return undefined
  const fault = faultIn(message)
  const schema = REQUESTS.get(request.method)
  const errors = fault ? [fault] : schema ? check(schema, message).errors : []
  if (errors.length === 0) return undefined
  return failed(request, new Refusal({ code: 'invalid_request', detail: sentences(errors, 'the message') }))
}

const REQUESTS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['initialize', InitializeRequestSchema],
  ['tools/call', CallToolRequestSchema],
  ['resources/read', ReadResourceRequestSchema],
  ['prompts/get', GetPromptRequestSchema],
])

/** The answer to a request that reached no tool. A model hears of a tool that failed only where that is its result. */
export function failed({ method, id }: Pick<JSONRPCRequest, 'method' | 'id'>, refusal: Refusal): JSONRPCMessage {
  const jsonrpc = '2.0'
  if (method === 'tools/call') return { jsonrpc, id, result: refused(refusal, 'You have no permission: do not act.') }
  const { code, detail } = refusal.problem
  const errorCode = code === 'invalid_request' ? ErrorCode.InvalidParams : SERVER_ERROR
  return { jsonrpc, id, error: { code: errorCode, message: detail } }
}

const SERVER_ERROR = -32_000
