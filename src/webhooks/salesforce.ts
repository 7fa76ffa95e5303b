import { childOf, childrenOf, type Element, parseXml, XmlError } from './xml.ts'

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/'
const OUTBOUND = 'http://soap.sforce.com/2005/09/outbound'
const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance'

/** One message carries at most so many. */
const NOTIFICATIONS_AT_MOST = 100

/** Of an outbound message what is told; the session id that may be in it is not read. */
export interface OutboundMessage {
  readonly organization: string
  readonly notifications: readonly Notification[]
}

/** One record that changed, as expressions see it. */
export interface Notification {
  /** Of the notification: the same when it comes again. */
  readonly id: string
  readonly organizationId: string
  /** Of the flow or rule that sent it. */
  readonly actionId: string
  /** `Account`, `Opportunity`, … */
  readonly type: string
  /** Its fields by their API names; what is nil is null. */
  readonly object: Readonly<Record<string, unknown>>
}

/**
 * Reads an outbound message of Salesforce (SOAP 1.1, *Understanding Outbound Messaging* of the SOAP API guide).
 * @throws XmlError
 */
export function parseOutboundMessage(body: Buffer): OutboundMessage {
  const envelope = parseXml(body)
  if (envelope.name !== 'Envelope' || envelope.namespace !== ENVELOPE)
    throw new XmlError('the body is no SOAP envelope')
  const message = childOf(childOf(envelope, 'Body', ENVELOPE), 'notifications', OUTBOUND)
  if (message === undefined) throw new XmlError('the envelope holds no outbound message of Salesforce')
  const organization = textOf(message, 'OrganizationId')
  const actionId = textOf(message, 'ActionId')
  const notifications = childrenOf(message, 'Notification', OUTBOUND)
  if (notifications.length > NOTIFICATIONS_AT_MOST) {
    throw new XmlError(
      `the message has ${notifications.length} notifications; at most ${NOTIFICATIONS_AT_MOST} are taken`,
    )
  }
  return {
    organization,
    notifications: notifications.map((notification) => ({
      id: textOf(notification, 'Id'),
      organizationId: organization,
      actionId,
      ...recordOf(childOf(notification, 'sObject', OUTBOUND)),
    })),
  }
}

/** A message as text, without the session id in it, with which others could act for whoever sent it. */
export function withoutSession(message: string): string {
  return message.replace(/(<(?:[\w-]+:)?SessionId\b[^>]*>)[\s\S]*?(<\/(?:[\w-]+:)?SessionId\s*>)/g, '$1$2')
}

/** Ids are compared by the 15 characters that they have in common however they are written. */
export function isOrganization(id: string, expected: string): boolean {
  return id.length >= 15 && id.slice(0, 15) === expected.slice(0, 15)
}

function textOf(parent: Element, name: string): string {
  const text = childOf(parent, name, OUTBOUND)?.text.trim() ?? ''
  if (text === '') throw new XmlError(`\`${name}\` is missing in \`${parent.name}\``)
  return text
}

function recordOf(record: Element | undefined): Pick<Notification, 'type' | 'object'> {
  if (record === undefined) throw new XmlError('`sObject` is missing in `Notification`')
  const type = record.attributes.get(`{${INSTANCE}}type`)?.split(':').at(-1) ?? ''
  return { type, object: fieldsOf(record) }
}

function fieldsOf({ children }: Element): Record<string, unknown> {
  return Object.fromEntries(
    children.map((field) => {
      if (field.name in Object.prototype) throw new XmlError(`\`${field.name}\` is no name of a field`)
      return [field.name, contentOf(field)]
    }),
  )
}

function contentOf(field: Element): unknown {
  if (/^(?:true|1)$/.test(field.attributes.get(`{${INSTANCE}}nil`) ?? '')) return null
  return field.children.length > 0 ? fieldsOf(field) : field.text
}

/** What Salesforce waits for; where it is anything else it sends the message again, for a day. */
export function acknowledgement(): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}"><soapenv:Body>` +
    `<notificationsResponse xmlns="${OUTBOUND}"><Ack>true</Ack></notificationsResponse>` +
    '</soapenv:Body></soapenv:Envelope>'
  )
}
