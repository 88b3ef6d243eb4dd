//! The provider of docs/provider-tutorial.md.

use formwork_kit::{
    Action, Call, Connect, DataSource, Ephemeral, Failure, Found, Function, Identity, List, Opened, Outcome, Presence,
    Provider, Resource, Timeouts, async_trait, between, computed, length_between, matching, object, optional, required,
};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

object! {
    struct Config {
        /// The directory that holds the notes.
        directory: String = required().check(length_between(1, 4096)),
    }
}

/// What all types work with.
struct Folder(PathBuf);

struct Connection;

#[async_trait]
impl Connect for Connection {
    type Config = Config;
    type Client = Folder;

    async fn connect(&self, config: Config) -> Outcome<Folder> {
        std::fs::create_dir_all(&config.directory)
            .map_err(|error| Failure::new(format!("{}: {error}.", config.directory)).at("directory"))?;
        Ok(Folder(config.directory.into()))
    }
}

object! {
    struct Note {
        /// Name of the note's file.
        title: String = required().replaces().check(matching("letters, digits and dashes", is_title)),
        /// What the note says.
        text: String = required(),
        /// From 1 to 5; stands before the text.
        priority: i64 = optional().default_value(3).check(between(1, 5)),
        /// Where the note is.
        path: Option<String> = computed(),
        /// How many words the note has.
        words: Option<i64> = computed().follows(&["text"]),
    }
}

fn is_title(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

struct NoteResource;

impl NoteResource {
    fn write(folder: &Folder, note: &mut Note) -> Outcome<()> {
        let path = folder.0.join(format!("{}.txt", note.title));
        std::fs::write(&path, format!("{}\n{}", note.priority, note.text))?;
        note.path = Some(path.display().to_string());
        note.words = Some(note.text.split_whitespace().count() as i64);
        Ok(())
    }
}

#[async_trait]
impl Resource for NoteResource {
    type State = Note;
    type Client = Folder;

    const KIND: &'static str = "notes_note";

    fn identity(&self) -> Identity {
        Identity::of(&["title"])
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts { create: Some(Duration::from_secs(60)), ..Timeouts::default() }
    }

    async fn create(&self, call: &Call<Folder>, note: &mut Note) -> Outcome<()> {
        NoteResource::write(call.client(), note)
    }

    async fn read(&self, call: &Call<Folder>, note: &mut Note) -> Outcome<Presence> {
        let path = call.client().0.join(format!("{}.txt", note.title));
        let Ok(content) = std::fs::read_to_string(path) else { return Ok(Presence::Gone) };
        let (priority, text) = content.split_once('\n').unwrap_or(("3", &content));
        note.priority = priority.parse().unwrap_or(3);
        note.text = text.to_owned();
        note.words = Some(text.split_whitespace().count() as i64);
        Ok(Presence::Present)
    }

    async fn update(&self, call: &Call<Folder>, _prior: &Note, note: &mut Note) -> Outcome<()> {
        NoteResource::write(call.client(), note)
    }

    async fn delete(&self, call: &Call<Folder>, note: &Note) -> Outcome<()> {
        Ok(std::fs::remove_file(call.client().0.join(format!("{}.txt", note.title)))?)
    }

    async fn import(&self, call: &Call<Folder>, id: &str) -> Outcome<Note> {
        let path = call.client().0.join(format!("{id}.txt"));
        if !path.exists() {
            return Err(Failure::new(format!("There is no note {id:?}.")));
        }
        Ok(Note { title: id.to_owned(), path: Some(path.display().to_string()), ..Note::default() })
    }
}

object! {
    struct Search {
        /// A word to look for.
        word: String = required(),
        /// Titles of the notes that have it.
        titles: Option<Vec<String>> = computed(),
    }
}

struct SearchSource;

#[async_trait]
impl DataSource for SearchSource {
    type State = Search;
    type Client = Folder;

    const KIND: &'static str = "notes_search";

    async fn read(&self, call: &Call<Folder>, search: &mut Search) -> Outcome<()> {
        let mut titles = Vec::new();
        for file in std::fs::read_dir(&call.client().0)? {
            let path = file?.path();
            if std::fs::read_to_string(&path)?.split_whitespace().any(|word| word == search.word) {
                titles.extend(path.file_stem().map(|title| title.to_string_lossy().into_owned()));
            }
        }
        titles.sort();
        search.titles = Some(titles);
        Ok(())
    }
}

object! {
    struct Session {
        /// Whose session it is.
        user: String = required(),
        token: Option<String> = computed().sensitive(),
    }
}

struct SessionResource;

#[async_trait]
impl Ephemeral for SessionResource {
    type State = Session;
    type Client = Folder;

    const KIND: &'static str = "notes_session";

    async fn open(&self, _call: &Call<Folder>, session: &mut Session) -> Outcome<Opened> {
        session.token = Some(format!("{}-{}", session.user, std::process::id()));
        Ok(Opened::default())
    }
}

fn slug((text,): (String,)) -> Outcome<String> {
    if text.trim().is_empty() {
        return Err(Failure::new("There are no words in the text.").at("text"));
    }
    Ok(text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join("-"))
}

object! {
    struct Wanted {
        /// Titles begin with it.
        prefix: Option<String> = optional(),
    }
}

struct NoteList;

#[async_trait]
impl List for NoteList {
    type Resource = NoteResource;
    type Config = Wanted;

    async fn list(&self, call: &Call<Folder>, wanted: Wanted, found: &mut Found<'_, Note>) -> Outcome<()> {
        let prefix = wanted.prefix.unwrap_or_default();
        let mut titles = Vec::new();
        for file in std::fs::read_dir(&call.client().0)? {
            let name = file?.file_name().to_string_lossy().into_owned();
            titles.extend(name.strip_suffix(".txt").filter(|title| title.starts_with(&prefix)).map(str::to_owned));
        }
        titles.sort();
        for title in titles {
            let path = call.client().0.join(format!("{title}.txt"));
            let mut note = Note { path: Some(path.display().to_string()), title: title.clone(), ..Note::default() };
            NoteResource.read(call, &mut note).await?;
            if !found.tell(format!("Note {title}"), note).await {
                break;
            }
        }
        Ok(())
    }
}

object! {
    struct Line {
        /// What to write.
        text: String = required(),
        /// How often.
        times: i64 = optional().default_value(1).check(between(1, 9)),
    }
}

struct Journal;

#[async_trait]
impl Action for Journal {
    type Config = Line;
    type Client = Folder;

    const KIND: &'static str = "notes_journal";

    async fn invoke(&self, call: &Call<Folder>, line: Line) -> Outcome<()> {
        if line.text.is_empty() {
            return Err(Failure::new("There is nothing to write.").at("text"));
        }
        let path = call.client().0.join("journal.log");
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        for number in 1..=line.times {
            writeln!(file, "{}", line.text)?;
            call.progress(format!("{number} of {} lines", line.times));
        }
        Ok(())
    }
}

fn provider() -> Provider<Folder> {
    Provider::connecting("notes", Connection)
        .resource(NoteResource)
        .data_source(SearchSource)
        .ephemeral(SessionResource)
        .function(Function::new("slug", &["text"], slug).summary("Makes a title of a text."))
        .list(NoteList, NoteResource)
        .action(Journal)
        .describing()
}

#[tokio::main]
async fn main() -> ExitCode {
    formwork_protocol::serve(Arc::new(provider())).await
}
