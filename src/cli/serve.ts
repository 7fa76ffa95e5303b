import { type Role, readConfig } from '../config.ts'
import { serve } from '../server.ts'

export async function startService({ role }: { readonly role: Role }): Promise<void> {
  await serve(readConfig(process.env, role))
}
