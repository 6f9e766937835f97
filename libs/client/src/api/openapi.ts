// Generated from openapi.json by `./p2pmsg run api-files`: not written by hand.

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of the default feed, for people */
        get: operations["readFirstPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this process can do its own part */
        get: operations["isHealthy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What senders and readers may ask for */
        get: operations["readLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process runs */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/m/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One message, for people */
        get: operations["readMessagePage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description */
        get: operations["readDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a problem means, for people */
        get: operations["explainProblem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this process can do its own part */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tweets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of the default feed, for people */
        get: operations["readTweets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/authors/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An author in one feed */
        get: operations["readAuthor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of a feed */
        get: operations["readFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}.atom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of a feed as application/atom+xml */
        get: operations["readAtomFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}.html": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of a feed as text/html */
        get: operations["readFeedPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One page of a feed as application/feed+json */
        get: operations["readJsonFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}.ndjson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A whole feed
         * @description Oldest first, one SignedMessage (without `receiver`) a line, tombstones included, up to what was stored when the end was reached. A transfer that breaks off is incomplete; go on with `?after=` the last cursor.
         */
        get: operations["exportFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}/archive/{after}/{until}.atom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An archive of a feed
         * @description An Atom archive document (RFC 5005 §4), newest first: the messages behind `after`, up to and with `until`, tombstones included. `prev-archive` in `.atom` leads to the newest one, each leads to the one before and behind it, and together they hold each message of the feed once. A message that its author removes becomes a tombstone in its place, and the tag changes.
         */
        get: operations["readAtomArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many messages a feed has */
        get: operations["countMessages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/feeds/{receiver}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A feed as it grows
         * @description Server-sent events. Each message is one event whose `id` is its cursor and whose data is a Message. First comes everything behind the cursor given, then what is new; nothing is left out and nothing comes twice. Named events: `gap` (the cursor given is not of this log; the stream begins at the oldest message), and before the stream ends `slow`, `drain` or `gone`, each with the cursor to come back with.
         */
        get: operations["followFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One message with its signed bytes */
        get: operations["readMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/messages/{id}/trace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of a message
         * @description Stored wins over any refusal of the same id. Refusals by a router are only counted, so a message that a router turned away is not found here.
         */
        get: operations["traceMessage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** An author in one feed */
        Author: {
            about: string | null;
            /** @description An Ed25519 public key in z-base-32. */
            author: string;
            /**
             * Format: uri
             * @description The messages themselves.
             */
            feed: string;
            /** @description Messages of the author in this feed, tombstones included; counted up to 10,000. */
            messages: number;
            /** @description What the author calls itself there; anyone may take any name. */
            name: string | null;
            /** @description In whose feed this is so. */
            receiver: string;
        };
        /** How many messages there are */
        Count: {
            /** @description Messages in the feed that were not removed. */
            messages: number;
            /** @description There may be more: with a filter, messages are counted up to 10000; without one, all are. */
            more: boolean;
            /** @description Whose feed it is, in z-base-32. */
            receiver: string;
        };
        /** One page of a feed */
        Feed: {
            /** @description A place in the log: a decimal number beyond what a double holds. */
            applied: string;
            messages: components["schemas"]["Message"][];
            next: string | null;
            prev: string | null;
            /** @description An Ed25519 public key in z-base-32. */
            receiver: string;
            resume: string | null;
            /** @description A place in the log: a decimal number beyond what a double holds. */
            revision: string;
        };
        /** One page of a feed as JSON Feed 1.1 */
        JsonFeed: {
            /** Format: uri */
            feed_url: string;
            /** Format: uri */
            home_page_url: string;
            items: {
                _p2pmsg: components["schemas"]["Message"];
                authors?: {
                    name: string;
                }[];
                content_text: string;
                /**
                 * Format: date-time
                 * @description When the cluster received it.
                 */
                date_published: string;
                /** @description The message id as a name for ever: `ni:///sha-256;…` (RFC 6920). */
                id: string;
                tags?: string[];
                /** Format: uri */
                url: string;
            }[];
            /**
             * Format: uri
             * @description The page that goes on; absent at the end. A page of a search may hold few items or none, and go on.
             */
            next_url?: string;
            title: string;
            /** @enum {string} */
            version: "https://jsonfeed.org/version/1.1";
        };
        /** A message in a feed */
        Message: {
            author: string | null;
            authorName: string | null;
            /** @description Any other body, in base64url. */
            body?: string;
            /** @description Opaque; the same in every format. */
            cursor: string;
            /** @description The way it came in. */
            dialect: string;
            expires: string | null;
            /** @description SHA-256 of the author's key and the signed bytes, in hex. */
            id: string;
            /**
             * @description Signed as in 2011: such a signature can be forged today.
             * @enum {boolean}
             */
            legacy?: true;
            /** @description A place in the log: a decimal number beyond what a double holds. */
            position: string;
            profile?: {
                about: string;
                name: string;
            };
            /** Format: date-time */
            received: string;
            /**
             * @description A tombstone: its author removed it, or it has expired.
             * @enum {boolean}
             */
            removed?: true;
            replyTo: string | null;
            sent: string | null;
            /** Format: date-time */
            stored: string;
            /** @description The body of a text type. */
            text?: string;
            topic: string | null;
            type: string | null;
            /** Format: uri */
            url: string;
        };
        /** RFC 9457 problem */
        Problem: {
            /**
             * @description What programs go by; refusals of messages have the same over UDP. Later releases may add some.
             * @enum {unknown}
             */
            code: "malformed" | "too-large" | "bad-signature" | "unknown-receiver" | "expired" | "future" | "too-old" | "blocked" | "not-allowed" | "poison" | "rate-limited" | "busy" | "unavailable" | "not-found" | "not-acceptable" | "search-off" | "internal";
            detail: string;
            /** @description Seconds; as the Retry-After header. */
            retry_after?: number;
            retryable: boolean;
            status: number;
            title: string;
            /** Format: uri-reference */
            type: string;
        };
        /** A message with its signed bytes */
        SignedMessage: {
            author: string | null;
            authorName: string | null;
            /** @description Any other body, in base64url. */
            body?: string;
            /** @description Opaque; the same in every format. */
            cursor: string;
            /** @description The way it came in. */
            dialect: string;
            expires: string | null;
            /** @description SHA-256 of the author's key and the signed bytes, in hex. */
            id: string;
            /**
             * @description Signed as in 2011: such a signature can be forged today.
             * @enum {boolean}
             */
            legacy?: true;
            message: string | null;
            /** @description A place in the log: a decimal number beyond what a double holds. */
            position: string;
            profile?: {
                about: string;
                name: string;
            };
            /** Format: date-time */
            received: string;
            receiver: string | null;
            /**
             * @description A tombstone: its author removed it, or it has expired.
             * @enum {boolean}
             */
            removed?: true;
            replyTo: string | null;
            sent: string | null;
            /** Format: date-time */
            stored: string;
            /** @description The body of a text type. */
            text?: string;
            topic: string | null;
            type: string | null;
            /** Format: uri */
            url: string;
        };
        /** What became of a message */
        Trace: {
            id: string;
            refused?: {
                code: string;
                /** @description Whether sending it again is of no use. */
                final: boolean;
                meaning: string;
                /** Format: date-time */
                time: string;
            };
            stage: "stored" | "refused";
            stored?: {
                /** @description In the log, with a receipt; null once the log no longer holds it. */
                accepted: string | null;
                cursor: string;
                position: string;
                /**
                 * Format: date-time
                 * @description At a router.
                 */
                received: string;
                removed: boolean;
                /**
                 * Format: date-time
                 * @description In the database: readers see it.
                 */
                stored: string;
            };
        };
    };
    responses: {
        /** @description As the tag in If-None-Match says: nothing has changed. */
        Answer304: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                ETag?: string;
                /** @description What else the answer depends on. */
                Vary?: string;
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The same by the receiver's key in z-base-32. */
        Answer308: {
            headers: {
                /** @description Where to ask instead. */
                Location?: string;
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The state. */
        Answer503: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    /** @description Parts that are not there. */
                    missing?: string[];
                    status: string;
                };
            };
        };
        /** @description A parameter cannot be used. */
        Page400: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description There is no such thing here. */
        Page404: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description Its author removed it, or it has expired. */
        Page410: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                ETag?: string;
                /** @description What else the answer depends on. */
                Vary?: string;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description This client asks too often. */
        Page429: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Seconds until the same request may succeed (RFC 9110 §10.2.3). */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description The service made a mistake. */
        Page500: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description The operator has switched search off. */
        Page501: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description The store does not answer now, or this process stops; try again. */
        Page503: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Seconds until the same request may succeed (RFC 9110 §10.2.3). */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "text/html": string;
            };
        };
        /** @description A parameter cannot be used. */
        Problem400: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing here. */
        Problem404: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It is not offered in any of the formats asked for. */
        Problem406: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This client asks too often. */
        Problem429: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Seconds until the same request may succeed (RFC 9110 §10.2.3). */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The service made a mistake. */
        Problem500: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The operator has switched search off. */
        Problem501: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The store does not answer now, or this process stops; try again. */
        Problem503: {
            headers: {
                /** @description How long it may be kept without asking again (RFC 9111). */
                "Cache-Control"?: string;
                /** @description Seconds until the same request may succeed (RFC 9110 §10.2.3). */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readFirstPage: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first; works without a script. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            304: components["responses"]["Answer304"];
            400: components["responses"]["Page400"];
            404: components["responses"]["Page404"];
            429: components["responses"]["Page429"];
            500: components["responses"]["Page500"];
            501: components["responses"]["Page501"];
            503: components["responses"]["Page503"];
        };
    };
    isHealthy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Parts that are not there. */
                        missing?: string[];
                        status: string;
                    };
                };
            };
            503: components["responses"]["Answer503"];
        };
    };
    readLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Unless the operator has set another. */
                        age_seconds_max_default: number;
                        archive_messages_max: number;
                        clock_ahead_seconds_max: number;
                        /** @description Messages that a filter leaves are counted up to this. */
                        count_filtered_max: number;
                        datagram_bytes_max: number;
                        default_receiver: string | null;
                        default_receiver_messages_burst_max: number | null;
                        /** @description What the default receiver takes in from all senders together, at each router. */
                        default_receiver_messages_per_second_max: number | null;
                        /**
                         * @description What a receipt of now says of the log: synced = each write, replicated = three copies or more.
                         * @enum {string}
                         */
                        durability: "volatile" | "synced" | "replicated";
                        /** @description At once, of one replica. */
                        exports_max: number;
                        /** @description Of one client: an IPv4 address, or the /56 of an IPv6 address. */
                        live_feeds_per_client_max: number;
                        /** @description A live feed on which nothing comes for much longer is dead. */
                        live_heartbeat_seconds: number;
                        /** @description Of one replica. */
                        live_readers_max: number;
                        /** @description A live reader that takes nothing for longer is sent away. */
                        live_slow_seconds_max: number;
                        message_http_bytes_max: number;
                        page_messages_default: number;
                        page_messages_max: number;
                        refusal_codes: string[];
                        /** @description Of one client: an IPv4 address, or the /56 of an IPv6 address. */
                        requests_burst_max: number;
                        /** @description Of one client: an IPv4 address, or the /56 of an IPv6 address. */
                        requests_per_second_max: number;
                        search_characters_max: number;
                        topic_bytes_max: number;
                        value_http_bytes_max: number;
                        value_udp_bytes_max: number;
                    };
                };
            };
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    isAlive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Parts that are not there. */
                        missing?: string[];
                        status: string;
                    };
                };
            };
        };
    };
    readMessagePage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description A message id: 64 hex digits. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message with its thread. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            304: components["responses"]["Answer304"];
            400: components["responses"]["Page400"];
            404: components["responses"]["Page404"];
            410: components["responses"]["Page410"];
            429: components["responses"]["Page429"];
            500: components["responses"]["Page500"];
            503: components["responses"]["Page503"];
        };
    };
    readDescription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    explainProblem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As in a problem. */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The explanation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            404: components["responses"]["Page404"];
            429: components["responses"]["Page429"];
            500: components["responses"]["Page500"];
            503: components["responses"]["Page503"];
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Parts that are not there. */
                        missing?: string[];
                        status: string;
                    };
                };
            };
            503: components["responses"]["Answer503"];
        };
    };
    readTweets: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first; works without a script. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            304: components["responses"]["Answer304"];
            400: components["responses"]["Page400"];
            404: components["responses"]["Page404"];
            429: components["responses"]["Page429"];
            500: components["responses"]["Page500"];
            501: components["responses"]["Page501"];
            503: components["responses"]["Page503"];
        };
    };
    readAuthor: {
        parameters: {
            query?: {
                /** @description The feed, by its receiver's key; the default feed if absent. */
                receiver?: string;
            };
            header?: never;
            path: {
                /** @description The author's key. */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the key said about itself. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Author"];
                };
            };
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    readFeed: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first, or oldest first behind `after`. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                    "application/feed+json": components["schemas"]["JsonFeed"];
                    "application/json": components["schemas"]["Feed"];
                    "text/html": string;
                };
            };
            304: components["responses"]["Answer304"];
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            406: components["responses"]["Problem406"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            501: components["responses"]["Problem501"];
            503: components["responses"]["Problem503"];
        };
    };
    readAtomFeed: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first, or oldest first behind `after`. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                };
            };
            304: components["responses"]["Answer304"];
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            501: components["responses"]["Problem501"];
            503: components["responses"]["Problem503"];
        };
    };
    readFeedPage: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first, or oldest first behind `after`. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            304: components["responses"]["Answer304"];
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            501: components["responses"]["Problem501"];
            503: components["responses"]["Problem503"];
        };
    };
    readJsonFeed: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Cursor: newest first, older than this. */
                before?: string;
                limit?: number;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first, or oldest first behind `after`. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description `next`, `prev`, `first` and `alternate` pages (RFC 8288). */
                    Link?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/feed+json": components["schemas"]["JsonFeed"];
                };
            };
            304: components["responses"]["Answer304"];
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            501: components["responses"]["Problem501"];
            503: components["responses"]["Problem503"];
        };
    };
    exportFeed: {
        parameters: {
            query?: {
                /** @description Cursor: oldest first, newer than this. */
                after?: string;
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Only messages with these words, at most 200 characters. Quotes keep words together, `or` gives a choice, `-` leaves out. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: never;
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lines of JSON. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                };
            };
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            501: components["responses"]["Problem501"];
            503: components["responses"]["Problem503"];
        };
    };
    readAtomArchive: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description A cursor. */
                after: string;
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
                /** @description A cursor. */
                until: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/atom+xml": string;
                };
            };
            304: components["responses"]["Answer304"];
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    countMessages: {
        parameters: {
            query?: {
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: never;
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The number. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Count"];
                };
            };
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    followFeed: {
        parameters: {
            query?: {
                /** @description Only messages of this key (z-base-32 or hex). */
                author?: string;
                /** @description Go on behind this; Last-Event-ID wins over it. */
                cursor?: string;
                /** @description Refused: words are searched for in the store, not in what is new. */
                q?: string;
                /** @description Only answers to this message id. */
                reply_to?: string;
                /** @description Only messages with this topic. */
                topic?: string;
            };
            header?: {
                /** @description The `id` of the last event seen: go on behind it. */
                "last-event-id"?: string;
            };
            path: {
                /** @description The receiver's key in z-base-32 (hex is redirected). */
                receiver: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events until either side ends it. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            308: components["responses"]["Answer308"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    readMessage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of what the client has already. */
                "if-none-match"?: string;
            };
            path: {
                /** @description A message id: 64 hex digits. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message; of a removed one, its tombstone. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    /** @description Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3). */
                    ETag?: string;
                    /** @description What else the answer depends on. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedMessage"];
                    "application/vnd.p2pmsg.message": string;
                };
            };
            304: components["responses"]["Answer304"];
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    traceMessage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A message id: 64 hex digits. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its stages. */
            200: {
                headers: {
                    /** @description How long it may be kept without asking again (RFC 9111). */
                    "Cache-Control"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trace"];
                };
            };
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
}
