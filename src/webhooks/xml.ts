import { isUtf8 } from 'node:buffer'
import { SaxesParser } from 'saxes'

/** An element, with its namespace resolved. */
export interface Element {
  readonly name: string
  /** URI of its namespace; empty: none. */
  readonly namespace: string
  /** Of no namespace of their own by their names, of others as `{uri}name`. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly Element[]
  /** All characters directly in it. */
  readonly text: string
}

/** What is sent is not XML that we read; the message says what it is instead. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

const DEPTH_AT_MOST = 32

interface Open extends Element {
  readonly children: Open[]
  text: string
}

/**
 * Reads a document of XML 1.0 with namespaces, in UTF-8. What makes a parser fetch, grow or run something is refused:
 * document types and with them entities, and processing instructions.
 *
 * @throws XmlError
 */
export function parseXml(body: Buffer): Element {
  if (!isUtf8(body)) throw new XmlError('the body is not valid UTF-8')
  const parser = new SaxesParser({ xmlns: true })
  const open: Open[] = []
  let root: Open | null = null
  parser.on('error', ({ message }) => refuse(`is not well-formed XML (${message.replace(/\.$/, '')})`))
  parser.on('doctype', () => refuse('has a document type; send it without'))
  parser.on('processinginstruction', () => refuse('has a processing instruction; send it without'))
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) refuse('must be in UTF-8')
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    if (open.length === DEPTH_AT_MOST) refuse(`is nested deeper than ${DEPTH_AT_MOST} levels`)
    const named = Object.values(attributes).map((attribute) => {
      const { local: name, uri: of, value } = attribute as { local: string; uri: string; value: string }
      return [of === '' ? name : `{${of}}${name}`, value] as const
    })
    const element: Open = { name: local, namespace: uri, attributes: new Map(named), children: [], text: '' }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const append = (text: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  parser.on('text', append)
  parser.on('cdata', append)
  parser.on('closetag', () => void open.pop())
  parser.write(body.toString()).close()
  return root ?? refuse('is empty')
}

function refuse(reason: string): never {
  throw new XmlError(`the body ${reason}`)
}

/** The only child of that name and namespace; undefined where there is none. */
export function childOf(parent: Element | undefined, name: string, namespace: string): Element | undefined {
  return childrenOf(parent, name, namespace)[0]
}

export function childrenOf(parent: Element | undefined, name: string, namespace: string): readonly Element[] {
  return (parent?.children ?? []).filter((child) => child.name === name && child.namespace === namespace)
}
