import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'

/** A Fastify instance whose routes are typed by their zod schemas. */
export type Http = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, Logger, ZodTypeProvider>

/** The media type of every good answer. */
export const JSON_TYPE = 'application/json; charset=utf-8'
