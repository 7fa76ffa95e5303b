import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { acknowledgement, isOrganization, parseOutboundMessage, withoutSession } from '../../src/webhooks/salesforce.ts'
import { parseXml } from '../../src/webhooks/xml.ts'

const MESSAGE = readFileSync(new URL('../../examples/webhooks/salesforce.xml', import.meta.url), 'utf8')

const parse = (text: string) => parseOutboundMessage(Buffer.from(text))

const but = (piece: string | RegExp, other: string) => {
  const changed = MESSAGE.replace(piece, other)
  if (changed === MESSAGE) throw new Error(`no \`${piece}\` in the message`)
  return changed
}

describe('an outbound message', () => {
  it('is read as notifications with their fields', () => {
    expect(parse(MESSAGE)).toEqual({
      organization: '00D24000000ExamEAE',
      notifications: [
        {
          id: '04l24000001aaaaAAA',
          organizationId: '00D24000000ExamEAE',
          actionId: '04k24000000ExamAAE',
          type: 'Account',
          object: {
            Id: '00124000005aBcDAAU',
            ARR__c: '180000.0',
            Industry: 'Manufacturing & Logistics',
            LastModifiedDate: '2026-11-20T08:59:58.000Z',
            Name: 'Acme GmbH',
            Segment__c: null,
          },
        },
        expect.objectContaining({ id: '04l24000001aaabAAA', type: 'Opportunity' }),
      ],
    })
  })

  it('may write in two ways that a field is empty', () => {
    const [first] = parse(but('<sf:Segment__c xsi:nil="true"/>', '<sf:Segment__c xsi:nil="1"/>')).notifications
    expect(first?.object.Segment__c).toBeNull()
  })

  it('keeps no session id, which would let others in', () => {
    const session = '00D24000000Exam!AQ0AQ'
    const message = parse(but('<SessionId xsi:nil="true"/>', `<SessionId>${session}</SessionId>`))
    expect(JSON.stringify(message)).not.toContain(session)
  })

  it('is kept without it where it is kept whole', () => {
    const session = '00D24000000Exam!AQ0AQ'
    for (const element of [
      `<SessionId>${session}</SessionId>`,
      `<SessionId xsi:type="xsd:string">\n${session}</SessionId >`,
      `<o:SessionId xmlns:o="http://soap.sforce.com/2005/09/outbound"><![CDATA[${session}]]></o:SessionId>`,
    ]) {
      const kept = withoutSession(but('<SessionId xsi:nil="true"/>', element))
      expect(kept).not.toContain(session)
      expect(parse(kept)).toEqual(parse(MESSAGE))
    }
    expect(withoutSession(MESSAGE)).toBe(MESSAGE)
  })

  it('may use other prefixes, and CDATA', () => {
    const other = MESSAGE.replaceAll('soapenv', 's').replaceAll('sf:', 'x:').replace('xmlns:sf', 'xmlns:x')
    expect(parse(other.replaceAll('xmlns:sf', 'xmlns:x')).notifications).toHaveLength(2)
    const name = parse(but('Acme GmbH', '<![CDATA[Acme <GmbH>]]>')).notifications[0]?.object.Name
    expect(name).toBe('Acme <GmbH>')
  })

  it('has up to a hundred notifications', () => {
    const [one = ''] = /<Notification>[\s\S]*?<\/Notification>/.exec(MESSAGE) ?? []
    const many = (count: number) => but(/<Notification>[\s\S]*<\/Notification>/, one.repeat(count))
    expect(parse(many(100)).notifications).toHaveLength(100)
    expect(() => parse(many(101))).toThrow('the message has 101 notifications; at most 100 are taken')
  })

  it('is refused with a document type or an entity', () => {
    const doctype = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'
    const billion = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    const xml = '<?xml version="1.0" encoding="UTF-8"?>'
    for (const type of [doctype, billion, '<!DOCTYPE x>', '<!DOCTYPE x SYSTEM "http://example.com/x.dtd">']) {
      expect(() => parse(but(xml, xml + type))).toThrow('the body has a document type; send it without')
    }
    expect(() => parse(but('Acme GmbH', '&xxe;'))).toThrow(/^the body is not well-formed XML \(.*undefined entity/)
    expect(() => parse(but('Acme GmbH', '<?php echo 1 ?>'))).toThrow('the body has a processing instruction')
  })

  it('is refused where it is something else, cut off or in another encoding', () => {
    const faults: [string, RegExp][] = [
      ['', /^the body is (empty|not well-formed)/],
      ['{"id": 1}', /^the body is not well-formed XML/],
      ['<a/>', /^the body is no SOAP envelope/],
      [MESSAGE.slice(0, -30), /^the body is not well-formed XML/],
      [
        but('<notifications xmlns="http://soap.sforce.com/2005/09/outbound">', '<notifications>'),
        /holds no outbound message/,
      ],
      [but('<Id>04l24000001aaaaAAA</Id>', ''), /^`Id` is missing in `Notification`/],
      [but(/<OrganizationId>.*<\/OrganizationId>/, ''), /^`OrganizationId` is missing in `notifications`/],
      [but('encoding="UTF-8"', 'encoding="UTF-16"'), /must be in UTF-8/],
      [
        but('<sf:Name>Acme GmbH</sf:Name>', '<sf:constructor>x</sf:constructor>'),
        /`constructor` is no name of a field/,
      ],
      ['<a>'.repeat(40) + '</a>'.repeat(40), /nested deeper than 32 levels/],
    ]
    for (const [text, reason] of faults) expect(() => parse(text)).toThrow(reason)
    expect(() => parseXml(Buffer.from([0x3c, 0x61, 0xff, 0x2f, 0x3e]))).toThrow('the body is not valid UTF-8')
  })

  it('is from an organization by the 15 characters that its two ids have in common', () => {
    expect(isOrganization('00D24000000ExamEAE', '00D24000000Exam')).toBe(true)
    expect(isOrganization('00D24000000Exam', '00D24000000ExamEAE')).toBe(true)
    expect(isOrganization('00D24000000exam', '00D24000000Exam')).toBe(false)
    expect(isOrganization('00D', '00D24000000Exam')).toBe(false)
  })
})

describe('its acknowledgement', () => {
  it('is SOAP', () => {
    const envelope = parseXml(Buffer.from(acknowledgement()))
    expect(envelope.children[0]?.children[0]?.children[0]).toMatchObject({
      name: 'Ack',
      namespace: 'http://soap.sforce.com/2005/09/outbound',
      text: 'true',
    })
  })
})
