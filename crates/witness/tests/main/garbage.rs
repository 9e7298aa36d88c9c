use assent_witness::{AddCheckpoint, RequestError};
use proptest::prelude::*;

use crate::ground::Log;

/// The request of C2SP `tlog-witness`.
const EXAMPLE: &str = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
    5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
    example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

#[test]
fn the_example_of_the_specification_is_read_and_written_as_it_is() {
    let read = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(
        (read.old_size, read.proof.len(), read.checkpoint.checkpoint().size),
        (20_852_014, 4, 20_852_163)
    );
    assert_eq!(read.to_string(), EXAMPLE);
}

#[test]
fn what_is_no_request_is_refused_for_its_reason() {
    let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=";
    let cases = [
        (EXAMPLE.replacen("\n\n", "\n", 2), RequestError::Layout),
        (EXAMPLE.replace("old 2", "old  2"), RequestError::OldSize),
        (EXAMPLE.replace("old 2", "old 02"), RequestError::OldSize),
        (EXAMPLE.replace("old 2", "new 2"), RequestError::OldSize),
        (EXAMPLE.replace("old 20852014\n", ""), RequestError::OldSize),
        (EXAMPLE.replace(hash, &hash[4..]), RequestError::Hash),
        (EXAMPLE.replace(hash, &[hash; 61].join("\n")), RequestError::Hash),
    ];
    for (text, error) in cases {
        assert_eq!(AddCheckpoint::parse(text.as_bytes()), Err(error), "{text:?}");
    }
    let most = EXAMPLE.replace(hash, &[hash; 60].join("\n"));
    assert_eq!(AddCheckpoint::parse(most.as_bytes()).unwrap().proof.len(), 63);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = AddCheckpoint::parse(&bytes);
    }

    #[test]
    fn what_was_cut_and_changed_is_parsed_or_refused(
        from in 0_usize..40, cut in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(), byte: u8,
    ) {
        let request = Log::new(40, 40, 0).request(from as u64, 40).to_string().into_bytes();
        let mut bytes = request[..=cut.index(request.len())].to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(read.to_string().into_bytes(), bytes);
        }
    }
}
