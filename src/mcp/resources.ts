import { type ErrorCode, McpError, type Resource } from '@modelcontextprotocol/sdk/types.js'
import type { Api } from './api.ts'

export interface ResourceText {
  readonly uri: string
  readonly mimeType: string
  readonly text: string
}

const RULESET = {
  uri: 'umpire://ruleset',
  name: 'ruleset',
  title: 'The active ruleset',
  description:
    'The decisions that can be asked about, each with its states and actions, and since when these rules answer.',
  mimeType: 'application/json',
}

const GLOSSARY = {
  uri: 'umpire://glossary',
  name: 'glossary',
  title: 'Glossary',
  description: 'What the words mean: account, signal, claim, verdict, lease and all others.',
  mimeType: 'text/markdown',
}

export const RESOURCES: readonly Resource[] = [RULESET, GLOSSARY]

/**
 * @param glossary Markdown
 * @throws McpError where there is no such resource; Refusal
 */
export async function readResource(uri: string, api: Api, glossary: string): Promise<ResourceText> {
  if (uri === GLOSSARY.uri) return { uri, mimeType: GLOSSARY.mimeType, text: glossary }
  if (uri === RULESET.uri) {
    const ruleset = await api({ method: 'GET', path: '/v1/ruleset' })
    return { uri, mimeType: RULESET.mimeType, text: JSON.stringify(ruleset, null, 2) }
  }
  const known = RESOURCES.map((resource) => `\`${resource.uri}\``).join(' and ')
  throw new McpError(RESOURCE_NOT_FOUND, `no resource \`${uri.slice(0, 200)}\`; there are ${known}`, { uri })
}

/** As the protocol has it. */
const RESOURCE_NOT_FOUND = -32_002 as ErrorCode
