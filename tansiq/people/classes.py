"""What each field that we keep is: for everyone, for the desk, about a person, or a secret; for what, and how long.

Read by people who answer for the data, and by a test that compares it with the real models: a new field is classed
here or `make test` fails. A label stands for its model; this room does not import the others.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """The fields of one model by class, names separated by spaces.

    purpose   why the model is kept at all
    public    shown to everyone when the record is published
    internal  seen at the desk only; says nothing about a private person
    personal  says something about a person; `tansiq person erase` takes it away, or the name that it points at
    secret    never shown to anybody, not even to the person
    days      how long personal and secret values may stay after their last use; `people.retention` takes them away
              then. None: until the person is erased
    """

    purpose: str
    public: str = ""
    internal: str = ""
    personal: str = ""
    secret: str = ""
    days: int | None = None

    def fields(self) -> dict[str, str]:
        """{"email": "personal", ...}; ValueError when a field stands in two classes."""
        found: dict[str, str] = {}
        for name in ("public", "internal", "personal", "secret"):
            for field in getattr(self, name).split():
                if field in found:
                    raise ValueError(f"{field} is both {found[field]} and {name}")
                found[field] = name
        return found


CLASSES = {
    "core.entry": Kept(
        "Who did what, when: the proof that nothing was changed unseen. Ids only, so it outlives an erasure.",
        internal="id recorded_at actor_id actor_label verb subject_kind subject_id subject_label changes",
    ),
    "core.seal": Kept("The chain that shows a changed journal.", internal="position entry digest sealed_at"),
    "core.source": Kept(
        "Where a value comes from.",
        public="id key language date title publisher url note text_path", internal="scope",
    ),
    "core.claim": Kept(
        "What a source says of a record.",
        public="id subject_kind subject_id of value reading source position", internal="entered_at entered_by",
    ),
    "core.loadedfile": Kept(
        "Taking back a programme file that was loaded by mistake. Ids of staff only; a programme holds no private person.",
        internal="id slug file_name loaded_at loaded_by before texts_before created organisations first_entry last_entry "
        "undone_at",
    ),
    "core.message": Kept(
        "Mails on their way, and those that could not be delivered.",
        internal="id language state attempts next_attempt_at taken_at sent_at created_at",
        personal="key to_address subject body last_error", days=90,
    ),
    "core.job": Kept(
        "Long work on its way: how far it is. Ids of staff only.",
        internal="id key kind label given language state done total is_stopping message result started_by made_at begun_at "
        "moved_at ended_at",
    ),
    "core.link": Kept(
        "Opening one page without an account: whose link it is, and until when.",
        internal="id purpose subject_kind subject_id language made_at expires_at opened_at closed_at code_expires_at "
        "code_tries",
        personal="to_name to_address", secret="digest code_digest", days=90,  # noqa: S106
    ),
    "core.receipt": Kept(
        "That what was finished without a network arrived, so that it counts once. Ids only.",
        internal="id kind sha256 size_bytes belongs_to answer subject_kind subject_id device device_at skew_seconds "
        "received_at by_id",
    ),
    "core.helditem": Kept(
        "What arrived from a phone and could not be acted on, until a person decided.",
        internal="id item_id kind sha256 belongs_to why reason device device_at skew_seconds received_at by_id state "
        "decided_at decided_by",
        personal="content because", days=90,
    ),
    "core.searchtext": Kept(
        "Finding published records by words.",
        public="id subject_kind subject_id language title title_language extract path title_words words", internal="public_from",
    ),
    "core.generation": Kept("Tells the page caches that something was published.", internal="id number"),
    "core.packsection": Kept("The country pack: hotline, calendar, precedence.", public="name data"),
    "people.user": Kept(
        "Logging in, and the roles at the desk.",
        internal="id is_superuser is_staff is_active groups user_permissions",
        personal="email first_name last_name language last_login date_joined", secret="password",  # noqa: S106
    ),
    "people.user_groups": Kept("Groups of users (Wagtail).", internal="id user group"),
    "people.user_user_permissions": Kept("Permissions of single users (Wagtail).", internal="id user permission"),
    "people.region": Kept("Regions of the country pack.", public="code country name column row"),
    "people.place": Kept("Where activities take place.", public="id name locality region country"),
    "people.organisation": Kept(
        "Who takes part: institutions, never private persons.",
        public="id slug kind name acronym aliases reference_language country iati url established accounts parent source",
        internal="origin",
    ),
    "people.person": Kept(
        "Whom the work needs by name: staff, holders of seats, guests, trainers. Never a victim.",
        internal="id is_fictional", personal="name reference_language user email telephone other_spellings",
    ),
    "people.personpair": Kept(
        "Whether two records are one person: asked once, and remembered.",
        internal="id score has_same_email has_same_telephone verdict found_at decided_at decided_by", personal="first second",
    ),
    "people.personmerge": Kept(
        "That two records of one person became one: to find the person by the old identifier and addresses, and to undo it.",
        internal="id dropped moved merged_at merged_by undone_at", personal="kept values because", days=730,
    ),
    "people.membership": Kept(
        "For whom a person acts.", internal="id", personal="person organisation function from_date until_date"
    ),
    "people.rolegrant": Kept("What a user may do.", internal="id role region organisation", personal="user"),
    "media.asset": Kept(
        "Pictures and files. The original stays private.",
        public="id kind title alternative_text credit media_type width height",
        internal="stored_name sha256 size_bytes shows_persons shows_children created_at",
    ),
    "media.assetuse": Kept(
        "What shows a picture, and from when.", internal="id asset subject_kind subject_id public_from"
    ),
    "media.rendition": Kept(
        "Pictures written anew for the site.", public="id asset width height media_type", internal="stored_name"
    ),
    "media.consent": Kept(
        "That a person in a picture agreed. The name is on the paper, not here.",
        internal="id asset valid_until withdrawn_at", personal="reference given_date",
    ),
    "media.logo": Kept("Logos and the right to use them.", public="id organisation asset", internal="right"),
    "commission.seat": Kept(
        "The seats of the body by institution.", public="id slug position institution capacity legal_basis source"
    ),
    "commission.holding": Kept(
        "Who held a seat when.", internal="id seat", personal="person is_alternate from_date until_date"
    ),
    "programme.programme": Kept(
        "What is planned.",
        public="id slug reference_language title full_title summary period first_day last_day time_zone country occasions "
        "themes frameworks notes published_at",
    ),
    "programme.activity": Kept(
        "What takes place, when, where, for whom.",
        public="id programme inside project slug position kind state mode reference_language title summary when within part "
        "starts_at_time ends_at_time first_day last_day place stops languages audience agenda announcements notes sequence "
        "changed_at source",
    ),
    "programme.involvement": Kept(
        "Who does what in it.",
        public="id programme subject_kind subject_id organisation role position words source",
    ),
    "programme.project": Kept(
        "The money behind it.",
        public="id programme parent slug position kind ids reference_language title summary amount_minor currency period "
        "shares notes source",
    ),
    "programme.instrument": Kept(
        "What can be joined or signed.", public="id slug kind reference_language title organisation url source"
    ),
    "programme.commitment": Kept(
        "What was joined or signed.",
        public="id programme activity slug position kind instrument title signatory through state signed source",
    ),
    "programme.undertaking": Kept(
        "What was promised, and whether it is done.",
        public="id commitment slug position text reference_language owner due done_date evidence_url is_fictional",
        internal="reviewed_date",
    ),
    "coordination.sourcetext": Kept("The archived words of a source.", public="id programme source text"),
    "coordination.span": Kept("Which words became a value.", public="id text start end as_read"),
    "coordination.trace": Kept(
        "Where each value comes from.", public="id programme group position path origin span source"
    ),
    "coordination.function": Kept(
        "Who owns work: an office, and who holds it now.",
        internal="id slug name reference_language organisation code origin",
        personal="telephone holder delegate away_from away_until",
    ),
    "coordination.taskmodel": Kept(
        "What must be prepared for a kind of activity.", internal="id slug title reference_language kinds tasks origin"
    ),
    "coordination.task": Kept(
        "What must be done until when. Offices own it, never persons.",
        internal="id programme activity key title reference_language owner days_before due after state evidence_wanted "
        "done_date evidence evidence_file",
    ),
    "coordination.runofshow": Kept(
        "What happens minute by minute on the day, and whom to call.",
        internal="id activity day_number", personal="items", days=365,
    ),
    "coordination.runofshowissue": Kept(
        "The run-of-show as it was handed out, to mark what changed since.",
        internal="id show number issued_at issued_by day head digest", personal="items", days=365,
    ),
    "coordination.approval": Kept(
        "What partners are asked to agree to, by its hash.",
        internal="id programme subject_kind subject_id what title language version content file digest state asked_at "
        "withdrawn_at withdrawn_because",
    ),
    "coordination.approvalstep": Kept(
        "Who was asked, since when, and what the answer was. Offices answer, a signed paper may bear a name.",
        internal="id approval order organisation due state asked_at answered_at how", personal="office email comment scan",
        days=3653,
    ),
    "coordination.followup": Kept(
        "What was given out and is false since the plan changed.",
        internal="id activity kind subject_kind subject_id label state made_at closed_at note",
    ),
    "coordination.letterkind": Kept(
        "The words of a kind of letter.", internal="id slug title subject body reference_language origin"
    ),
    "coordination.lettertemplate": Kept(
        "The sheet that letters are printed on.", internal="id kind language stored_name file_name sha256 kept_at"
    ),
    "coordination.letterseries": Kept("The last number of a register.", internal="id direction code year last"),
    "coordination.letter": Kept(
        "The register of letters, which an administration keeps for ten years. Offices write to offices.",
        internal="id direction code year serial programme activity kind organisation service language dated state sent_date "
        "answer_by answers corrects their_number facts sha256",
        personal="attention subject docx_name pdf_name scan", days=3653,
    ),
    "coordination.document": Kept(
        "Which texts are wanted in several languages.",
        internal="id programme activity slug kind title reference_language",
    ),
    "coordination.documenttext": Kept(
        "Who translates what until when. Offices do it, never persons.",
        internal="id document language translator due state version",
    ),
    "coordination.documentversion": Kept(
        "The words of speeches, cards and the like, as they were kept; a speech may greet somebody by name.",
        internal="id text number of_version sha256 kept_at kept_by", personal="words stored_name", days=3653,
    ),
    "coordination.personlist": Kept(
        "Delegations, accredited press, whom the guard lets in, who signs. The names of a security list go the day after.",
        internal="id activity day_number kind organisation session number given_at facts digest emptied_at",
        personal="entries given_to", days=365,
    ),
    "coordination.signedsheet": Kept(
        "Sheets signed by hand, which a funder's auditor asks for; their names are on the paper.",
        internal="id list signed kept_at", personal="scan", days=3653,
    ),
    "coordination.task_after": Kept("Which task comes first.", internal="id from_task to_task"),
    "participation.admission": Kept(
        "How one comes to an activity, and how many places there are.",
        public="id activity capacity left opens_at closes_at is_public needs_approval asks_organisation professions unused_from "
        "order certificate",
        internal="arrivals joining",
    ),
    "participation.quota": Kept(
        "Places set aside for a region or a group.", public="id admission dimension key size left moved"
    ),
    "participation.nominationrequest": Kept(
        "Which administration was asked for names.",
        internal="id admission organisation places due language letter answer_letter state how asked_at answered_at taken_at",
        personal="office email", days=730,
    ),
    "participation.nominee": Kept(
        "Whom an administration named, so that a place can be given.",
        internal="id request position region has_permission state replaces",
        personal="name reference_language email telephone profession function sex waived_because reason registration", days=730,
    ),
    "participation.double": Kept(
        "Whether two entries are one person: asked once, and remembered.",
        internal="id verdict evidence decided_by decided_at", personal="nominee other registration", days=730,
    ),
    "participation.invitation": Kept(
        "Whom the body invites by name or office, what was answered, who represents whom: until a year after the day.",
        internal="id activity number organisation rank language companions_allowed speaks state how companions "
        "representative_rank answer_letter letter answer_by made_at sent_at answered_at reminded_on facts answers "
        "link_version emptied_at",
        personal="person function organisation_name appointed salutation email address_key cabinet cabinet_email telephone "
        "seat other_spellings representative representative_function answer_reference",
        days=365,
    ),
    "participation.placement": Kept(
        "Who was put where by hand in the orders of protocol, and why.",
        internal="id activity order invitation anchor organisation beside side turn placed_at", personal="reason", days=365,
    ),
    "participation.registration": Kept(
        "Who has a place. An auditor asks for it as long as for the money of the project.",
        internal="id admission number region language how state has_place reason made_at placed_at held_until link_version "
        "told reminded_for",
        personal="person address_key profession organisation organisation_name sex joined_at attended",
        secret="origin",  # noqa: S106
    ),
    "participation.attendancereport": Kept(
        "What a conference system reported, to be matched again where it was matched wrongly.",
        internal="id admission platform sha256 rows read_at", personal="meeting file_name stays ignored", days=365,
    ),
    "participation.identity": Kept(
        "Who is behind a name that a conference system showed.",
        internal="id admission is_open decided_by decided_at", personal="key remembered_as name registration evidence", days=365,
    ),
    "participation.attendance": Kept(
        "Who was there for how long: what certificates and indicators rest on.",
        internal="id day how minutes evidence_id recorded_at", personal="registration intervals",
    ),
    "participation.assessment": Kept(
        "What is asked before and after an activity, with the right answers.",
        internal="id activity reference_language title introduction questions pass_percent minutes_allowed is_shuffled "
        "shows_score before_opens_at before_closes_at after_opens_at after_closes_at",
    ),
    "participation.questionset": Kept(
        "The questions as they were answered.", internal="id assessment number digest questions"
    ),
    "participation.attempt": Kept(
        "What an activity taught, by question. After a year the answers go and the score stays: a certificate rests on it.",
        internal="id asked moment number how begun_at saved_at submitted_at",
        personal="registration answers points score digest", days=365,
    ),
    # `tally` holds free words, in which somebody may have written a name after all.
    "participation.feedback": Kept(
        "What people thought of an activity, without who.", internal="id activity questions opens_at closes_at made_at",
        personal="tally", days=365,
    ),
    "participation.feedbackgiven": Kept(
        "That somebody answered, so that nobody does twice.", internal="id", personal="registration"
    ),
    "participation.arrival": Kept(
        "Who came to the door, when, for which guest, and who is not on the list: what the attendance by check-in rests on.",
        internal="id activity day at why state device by_id recorded_at decided_at decided_by",
        personal="registration invitation name function organisation_name because", days=365,
    ),
    "participation.signingkey": Kept("Checking certificates.", public="id key_id public_key made_at retired_at"),
    "participation.certificateseries": Kept("The next number of a certificate.", internal="year last"),
    "participation.certificateapproval": Kept(
        "That whoever answers for the course agreed to a certificate.",
        internal="id approved_at approved_by", personal="registration",
    ),
    "participation.certificate": Kept(
        "That somebody took part; checked by its code for as long as it is shown to anybody.",
        public="id signed state issued_at valid_until revoked_at",
        internal="year serial code key signature language replaces revoked_because",
        personal="registration holder salt files",
    ),
    "participation.nametry": Kept(
        "Counting how often a network asks whether a certificate bears a name.",
        internal="id tried_at", secret="origin subject",  # noqa: S106
        days=1,
    ),
    "participation.trainer": Kept(
        "Who trains others, so that what a training leads to can be counted. Kept as long as certificates.",
        internal="id qualified_at activities", personal="person user valid_until",
    ),
    "participation.trainer_activities": Kept("What a trainer led.", internal="id trainer activity"),
    "outreach.material": Kept(
        "What is shown or handed out.",
        public="id programme slug position kind reference_language title summary channels number number_precision asset "
        "source activities",
    ),
    "outreach.material_activities": Kept("At which activities.", public="id material activity"),
    "outreach.visit": Kept(
        "What a visit is for.", public="id activity purpose photography sites_number sites_precision source"
    ),
    # The place of a site is shown at town level and never where victims are cared for: the views decide, not the field.
    "outreach.visitsite": Kept(
        "Which kind of site is visited.", public="id visit position kind name is_example", internal="cares_for_victims place"
    ),
    "outreach.handover": Kept("What was handed over.", public="id visit site material position number number_precision"),
}  # fmt: skip
