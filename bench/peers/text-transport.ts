/**
 * A transport of the official SDKs, v1 and v2, whose other end takes and gives the text of messages: what their stdio
 * transports do, without the pipe.
 */
import type { Served } from "../large-load.ts"

export class TextTransport implements Served {
  onmessage?: (message: any) => void
  onclose?: () => void
  onerror?: (error: Error) => void
  #answered: (text: string) => void = () => {}

  async start(): Promise<void> {}
  async close(): Promise<void> {
    this.onclose?.()
  }

  async send(message: object): Promise<void> {
    const text = JSON.stringify(message)
    if ("id" in message && !("method" in message)) this.#answered(text)
  }

  tell(text: string): void {
    this.onmessage?.(JSON.parse(text))
  }

  ask(text: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve
      this.tell(text)
    })
  }
}
