// A copilot that writes to customers, but for the model: it asks before it sends, and sends only what it has shown.
//
//   UMPIRE_API_KEY=… node examples/copilot/mail.mjs <account> <subject>
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const { UMPIRE_URL = 'http://127.0.0.1:3000', UMPIRE_API_KEY } = process.env
const [account, subject] = process.argv.slice(2)
const mail = { subject, body: 'Your team has grown. Shall we look at your seats together?' }

const umpire = new Client({ name: 'mail', version: '1.0.0' })
await umpire.connect(
  new StreamableHTTPClientTransport(new URL('/mcp', UMPIRE_URL), {
    requestInit: { headers: { authorization: `Bearer ${UMPIRE_API_KEY}` } },
  }),
)

const { verdict, because, doInstead, escalation, lease } = await call('check_action', {
  account,
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
  payload: mail,
})
console.log(`${verdict}: ${because.split(';')[0]}`)

if (verdict === 'allow') {
  // Whatever has come in the meantime counts: without a `go` nothing is sent.
  await call('redeem_lease', { token: lease.token, payload: mail })
  console.log(`sent: ${mail.subject}`)
} else if (verdict === 'ask') {
  console.log(`waiting for ${escalation.queue}`)
} else {
  console.log(`not sent${doInstead === null ? '' : `: ${doInstead} instead`}`)
}
await umpire.close()

/** The answer of a tool. A refusal says what to do next; here it ends the program, since no leave means not to act. */
async function call(name, args) {
  const { isError, content, structuredContent } = await umpire.callTool({ name, arguments: args })
  if (!isError) return structuredContent
  console.log(content[0].text)
  process.exit(1)
}
