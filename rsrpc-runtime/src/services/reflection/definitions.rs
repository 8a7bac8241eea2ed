//! An index of all definitions by name, and the replies to reflection requests.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorProto;

use super::symbols::SymbolTable;
use super::v1::server_reflection_request::MessageRequest;
use super::v1::server_reflection_response::MessageResponse;
use super::v1::{
    ErrorResponse, ExtensionNumberResponse, ExtensionRequest, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};
use crate::call::{Code, ServiceDescriptor, Status};

/// Maximum size in bytes of the imports sent with a file. Far below the default client limit of 4 MiB per message.
const MAX_IMPORT_BYTES: usize = 1024 * 1024;
/// Maximum number of characters of an unknown name quoted in an error.
const MAX_QUOTED_CHARS: usize = 256;

/// The inputs from which definitions are read.
#[derive(Debug, Default)]
pub(super) struct DefinitionSources {
    pub(super) services: Vec<&'static ServiceDescriptor>,
    /// Additional services to list.
    pub(super) names: Vec<String>,
    /// Additional files to serve.
    pub(super) sets: Vec<Vec<DescriptorFile>>,
}

/// A file of a descriptor set.
#[derive(Debug)]
pub(super) struct DescriptorFile {
    descriptor: FileDescriptorProto,
    /// Original bytes, because prost-types drops unknown fields such as custom options.
    bytes: Bytes,
}

/// The definitions of a server's services.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// Names of the services, in ascending order.
    services: BTreeSet<String>,
    /// For services without a definition: the reason.
    unavailable: HashMap<&'static str, String>,
    files: Vec<DefinitionFile>,
    by_name: HashMap<String, usize>,
    symbols: SymbolTable,
}

#[derive(Debug)]
struct DefinitionFile {
    bytes: Bytes,
    imports: Vec<String>,
}

/// Indexes of the files that were sent on a stream.
pub(super) type SentFiles = HashSet<usize>;

/// An encoded `FileDescriptorSet` with undecoded files.
#[derive(Clone, PartialEq, Message)]
struct RawDescriptorSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    file: Vec<Bytes>,
}

/// Decodes the files of an encoded `FileDescriptorSet`.
pub(super) fn read(set: Bytes) -> Result<Vec<DescriptorFile>, prost::DecodeError> {
    let files = RawDescriptorSet::decode(set)?.file.into_iter();
    let source = |bytes: Bytes| {
        Ok(DescriptorFile {
            descriptor: FileDescriptorProto::decode(bytes.clone())?,
            bytes,
        })
    };
    files.map(source).collect()
}

impl Definitions {
    pub(super) fn new(sources: &DefinitionSources) -> Self {
        let mut definitions = Self::default();
        let names = sources.services.iter().map(|service| service.name.to_owned());
        definitions.services = names.chain(sources.names.iter().cloned()).collect();
        // Services of a package share a set, which is read only once.
        let mut sets = HashMap::new();
        for service in &sources.services {
            let set = service.descriptor_set.bytes();
            sets.entry(set.as_ptr())
                .or_insert_with(|| read(Bytes::from_static(set)));
        }
        let mut defining = Vec::new();
        for service in &sources.services {
            let set = service.descriptor_set.bytes();
            match definition(service, &sets[&set.as_ptr()]) {
                Ok((set, source)) => defining.push((set, source)),
                Err(reason) => drop(definitions.unavailable.insert(service.name, reason)),
            }
        }
        // Files that define services take precedence over files of the same name in other sets.
        for (_, source) in &defining {
            definitions.add(source);
        }
        for (set, source) in defining {
            definitions.add_imports(set, source);
        }
        sources
            .sets
            .iter()
            .flatten()
            .for_each(|source| definitions.add(source));
        definitions
    }

    fn add_imports(&mut self, set: &[DescriptorFile], source: &DescriptorFile) {
        let by_name: HashMap<&str, &DescriptorFile> = set
            .iter()
            .map(|source| (source.descriptor.name(), source))
            .collect();
        let mut seen = HashSet::new();
        let mut open = vec![source];
        while let Some(source) = open.pop() {
            self.add(source);
            let imports = source.descriptor.dependency.iter();
            let imports = imports.filter_map(|name| by_name.get(name.as_str()).copied());
            open.extend(imports.filter(|import| seen.insert(import.descriptor.name())));
        }
    }

    fn add(&mut self, source: &DescriptorFile) {
        let name = source.descriptor.name();
        if self.by_name.contains_key(name) {
            return;
        }
        let number = self.files.len();
        self.by_name.insert(name.to_owned(), number);
        self.symbols.add(&source.descriptor, number);
        self.files.push(DefinitionFile {
            bytes: source.bytes.clone(),
            imports: source.descriptor.dependency.clone(),
        });
    }

    /// Replies to one request of a stream, and records the files sent.
    ///
    /// # Errors
    /// The request is empty. This ends the stream, as in grpc-go.
    pub(super) fn reply(
        &self,
        request: ServerReflectionRequest,
        sent: &mut SentFiles,
    ) -> Result<ServerReflectionResponse, Status> {
        let Some(question) = &request.message_request else {
            return Err(Status::invalid_argument(
                "the request has no message_request: set one of file_by_filename, file_containing_symbol, \
                 file_containing_extension, all_extension_numbers_of_type and list_services",
            ));
        };
        let answer = match question {
            MessageRequest::FileByFilename(name) => self.file(name, sent),
            MessageRequest::FileContainingSymbol(name) => self.file_of_symbol(name, sent),
            MessageRequest::FileContainingExtension(extension) => self.file_of_extension(extension, sent),
            MessageRequest::AllExtensionNumbersOfType(name) => self.extension_numbers(name),
            MessageRequest::ListServices(_) => Ok(self.list_services()),
        };
        let answer = answer.unwrap_or_else(|error_message| {
            MessageResponse::ErrorResponse(ErrorResponse {
                error_code: Code::NotFound as i32,
                error_message,
            })
        });
        Ok(ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        })
    }

    fn file(&self, name: &str, sent: &mut SentFiles) -> Result<MessageResponse, String> {
        let file = self.by_name.get(name);
        let file = file.ok_or_else(|| format!("file not found: {}", quoted(name)))?;
        Ok(self.with_imports(*file, sent))
    }

    fn file_of_symbol(&self, name: &str, sent: &mut SentFiles) -> Result<MessageResponse, String> {
        if let Some(file) = self.symbols.file(name) {
            return Ok(self.with_imports(file, sent));
        }
        let is_of = |service: &str| {
            name.strip_prefix(service)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let unavailable = self.unavailable.iter().find(|(service, _)| is_of(service));
        Err(unavailable.map_or_else(
            || format!("symbol not found: {}", quoted(name)),
            |(_, reason)| reason.clone(),
        ))
    }

    fn file_of_extension(
        &self,
        extension: &ExtensionRequest,
        sent: &mut SentFiles,
    ) -> Result<MessageResponse, String> {
        let (name, number) = (&extension.containing_type, extension.extension_number);
        let extensions = self.symbols.extensions(name);
        let file = extensions.and_then(|extensions| extensions.get(&number));
        let file = file.ok_or_else(|| format!("extension not found: {number} of {}", quoted(name)))?;
        Ok(self.with_imports(*file, sent))
    }

    fn extension_numbers(&self, name: &str) -> Result<MessageResponse, String> {
        let numbers = match self.symbols.extensions(name) {
            Some(extensions) => extensions.keys().copied().collect(),
            None if self.symbols.is_message(name) => Vec::new(),
            None => return Err(format!("message not found: {}", quoted(name))),
        };
        Ok(MessageResponse::AllExtensionNumbersResponse(
            ExtensionNumberResponse {
                base_type_name: name.to_owned(),
                extension_number: numbers,
            },
        ))
    }

    fn list_services(&self) -> MessageResponse {
        let services = self.services.iter();
        MessageResponse::ListServicesResponse(ListServiceResponse {
            service: services
                .map(|name| ServiceResponse { name: name.clone() })
                .collect(),
        })
    }

    /// Returns the requested file, even if it was sent before, followed by its imports, nearest first.
    fn with_imports(&self, file: usize, sent: &mut SentFiles) -> MessageResponse {
        sent.insert(file);
        let mut answer = vec![self.files[file].bytes.clone()];
        let (mut seen, mut open) = (HashSet::from([file]), VecDeque::from([file]));
        let mut room = MAX_IMPORT_BYTES;
        while let Some(file) = open.pop_front() {
            let imports = self.files[file].imports.iter();
            for import in imports.filter_map(|name| self.by_name.get(name).copied()) {
                if !seen.insert(import) {
                    continue;
                }
                open.push_back(import);
                let bytes = &self.files[import].bytes;
                if bytes.len() <= room && sent.insert(import) {
                    room -= bytes.len();
                    answer.push(bytes.clone());
                }
            }
        }
        MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: answer,
        })
    }
}

/// Finds the file that defines a service and its set, or returns the reason why it is missing.
fn definition<'a>(
    service: &ServiceDescriptor,
    set: &'a Result<Vec<DescriptorFile>, prost::DecodeError>,
) -> Result<(&'a [DescriptorFile], &'a DescriptorFile), String> {
    let name = service.name;
    match set {
        Ok(set) if set.is_empty() => Err(format!(
            "{name} has no descriptor: generate its code without descriptor=off"
        )),
        Ok(set) => {
            let source = set.iter().find(|source| source.descriptor.name() == service.file);
            let source = source
                .ok_or_else(|| format!("the descriptor set of {name} does not contain {}", service.file))?;
            Ok((set, source))
        }
        Err(error) => Err(format!("the descriptor set of {name} is invalid: {error}")),
    }
}

fn quoted(name: &str) -> String {
    name.chars().take(MAX_QUOTED_CHARS).collect()
}
