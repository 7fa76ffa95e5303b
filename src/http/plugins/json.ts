import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../app/problem.ts'
import { parseJson } from '../parse-json.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it came, kept where an `Idempotency-Key` will need its digest. */
    rawBody: Buffer | null
  }
}

/** Reads bodies of the given media types as JSON (RFC 8259), and of those only what is safe to hold and to store. */
export function readJson(http: FastifyInstance, mediaTypes: readonly string[]): void {
  http.addContentTypeParser([...mediaTypes], { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    if (request.headers['idempotency-key'] !== undefined) request.rawBody = body
    try {
      refuseEncoded(request)
      done(null, parseJson(body))
    } catch (error) {
      done(error as Error)
    }
  })
}

/** @throws Problem `unsupported_media_type` for a body that is compressed */
export function refuseEncoded({ headers: { 'content-encoding': coding } }: FastifyRequest): void {
  if (coding === undefined || coding.toLowerCase() === 'identity') return
  const detail = `a body with \`content-encoding: ${coding.slice(0, 40)}\` is not read; send it plain, without the header`
  throw new Problem('unsupported_media_type', detail)
}
