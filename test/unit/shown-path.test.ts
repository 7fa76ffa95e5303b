import { describe, expect, it } from 'vitest'
import { shownPath } from '../../src/http/shown-path.ts'

describe('the path of a request, as it may be shown', () => {
  it.each([
    ['/v1/webhooks/salesforce/secret', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/salesforce/secret/', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/salesforce/secret/more?a=b', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks//salesforce//secret', '/v1/webhooks//salesforce//…'],
    ['/V1/WebHooks/salesforce/secret', '/V1/WebHooks/salesforce/…'],
    ['/v1/webhooks%2fsalesforce%2Fsecret', '/v1/webhooks%2fsalesforce%2F…'],
    ['/umpire/v1/webhooks/salesforce/secret', '/umpire/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/salesforce/secret\nmore', '/v1/webhooks/salesforce/…'],
    ['/v1/webhook/salesforce/secret', '/v1/webhook/salesforce/…'],
    ['/v1/%77ebhook%73/salesforce/secret', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/salesforce/replay/%zz', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/salesforce/01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60/replay', '/v1/webhooks/salesforce/…'],
    ['/v1/webhooks/rejected/secret', '/v1/webhooks/rejected/…'],
  ])('%s has no secret in it', (url, shown) => {
    expect(shownPath(url)).toBe(shown)
  })

  it.each([
    '/v1/webhooks/hubspot',
    '/v1/webhooks/',
    '/v1/webhooks/rejected',
    '/v1/webhooks/rejected/replay',
    '/v1/webhooks/rejected/01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60',
    '/v1/webhooks/rejected/01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60/replay',
    '/v1/accounts/acme',
    '/',
    '',
  ])('%s is shown whole', (path) => {
    expect(shownPath(path)).toBe(path)
    expect(shownPath(`${path}?token=secret`)).toBe(path)
  })
})
