/** The fields of the records that expressions see. */
export const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Signal: ['id', 'agent', 'claim', 'confidence', 'ageHours'],
  Agent: ['name', 'kind', 'trust'],
  proposal: ['agent', 'action'],
}

/** What the functions take that read a text. */
export const TEXT_TAKEN: Readonly<Record<string, string>> = {
  timestamp: 'a time, such as `2026-12-24` or `2026-12-24T09:00:00Z`',
  duration: 'a length of time, such as `36h` or `90m`',
}

/** A type of cel-js in operators' words. */
export function celTypeName(name: string): string {
  return name
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration')
    .replaceAll(/\bdyn<((?:[^<>]|<[^<>]*>)*)>/g, '$1')
    .replaceAll(/\b(?:dyn|[A-Z])\b/g, 'any')
    .replaceAll(/\b(?:double|int|uint)\b/g, 'number')
    .replaceAll(/\b(?:Signal|Agent)\b/g, (type) => type.toLowerCase())
}
