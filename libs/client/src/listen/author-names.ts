import type { HeardMessage } from './heard-message.ts'

/** Authors whose names are remembered; the one longest unnamed makes room. */
const NAMES_MAX = 4_096

/** What authors call themselves, from the profiles that came by. */
export class AuthorNames {
  readonly #names = new Map<string, string>() // BOUNDED by NAMES_MAX

  /** @returns the message under the name that its author had given itself by then */
  named(message: HeardMessage): HeardMessage {
    const { author, profile } = message
    if (author === null) return message
    if (profile) this.#learn(author, profile.name)
    return { ...message, authorName: this.#names.get(author) ?? null }
  }

  #learn(author: string, name: string): void {
    this.#names.delete(author)
    if (name === '') return
    const [oldest] = this.#names.keys()
    if (this.#names.size >= NAMES_MAX && oldest !== undefined) this.#names.delete(oldest)
    this.#names.set(author, name)
  }
}
