import { headerOf, isOneOf, refused, type Verify } from './scheme.ts'

/** A token in the header (RFC 6750). It says who sends, not what was sent or when. */
export const verifyBearer: Verify = (posted, secrets) => {
  const token = /^bearer +([\x21-\x7e]+) *$/i.exec(headerOf(posted, 'authorization') ?? '')?.[1]
  if (token === undefined) return refused('send the token in the header `authorization: Bearer <token>`')
  return isOneOf(token, secrets) ? { ok: true, once: [] } : refused('the token is not one of this source')
}

/** A secret at the end of the URL, for those that can do nothing else. */
export const verifySecretPath: Verify = ({ pathSecret }, secrets) => {
  if (pathSecret === null) return refused('the secret is missing at the end of the URL')
  return isOneOf(pathSecret, secrets) ? { ok: true, once: [] } : refused('the secret at the end of the URL is another')
}
