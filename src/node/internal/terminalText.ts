/**
 * What strangers say, as it can be shown in a terminal: nothing in it moves the cursor, turns the direction of reading, hides,
 * or begins a line as the program itself does. And what is to be known of a URL before anybody opens it.
 */
import { domainToUnicode } from "node:url"

// joiners are letters' business; everything else that cannot be seen is written out
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`

/** One line of somebody else's. */
export const clean = (text: string): string => text.replace(/\r?\n|\t/g, " ").replace(UNSEEN, escaped)

/** Whether a text is shown as it is. */
export const isClean = (text: string): boolean => clean(text) === text

/** Several lines of somebody else's, each marked as such. */
export const quoted = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => `  │ ${clean(line)}`)
    .join("\n")

/** A page as it is shown, or why it is not one to open. */
export interface Page {
  readonly href: string
  readonly host: string
  readonly warnings: ReadonlyArray<string>
}

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/

const warningsOf = ({ hostname, password, protocol, username }: URL): ReadonlyArray<string> => [
  ...(/(^|\.)xn--/.test(hostname)
    ? [`The host is written in letters that may look like others: it reads "${clean(domainToUnicode(hostname))}"`]
    : []),
  ...(username === "" && password === "" ? [] : [`What stands before the "@" is not the host`]),
  ...(protocol === "https:" || LOOPBACK.test(hostname)
    ? []
    : ["Others can read what is sent to it: it is not encrypted"])
]

/** Reads a URL; nothing where no browser should be given it. */
export const pageOf = (url: string): Page | undefined => {
  const page = URL.canParse(url) ? new URL(url) : undefined
  if (page === undefined || (page.protocol !== "https:" && page.protocol !== "http:")) return undefined
  return { href: page.href, host: page.host, warnings: warningsOf(page) }
}
