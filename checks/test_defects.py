"""Every defect of the as-found corpus: real on the engines, and gone in its corrected form."""

from alertproof.model.proof import DefectProof, Verdict


def test_defect(defect_proof: DefectProof) -> None:
    assert defect_proof.found.verdict is Verdict.REFUTED, "the found side is not defective"
    assert defect_proof.found.measured == defect_proof.told
    assert defect_proof.says in defect_proof.found.reason
    assert defect_proof.fixed.verdict is Verdict.PROVED, defect_proof.fixed.reason
