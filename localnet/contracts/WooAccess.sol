// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

/// @title WooAccess
/// @notice Ownership, pause and reentrancy lock with the strings of OpenZeppelin 4.9, which the WOOFi contracts use.
abstract contract WooAccess {
    address private _owner;
    bool private _paused;
    bool private _entered;

    /// @notice Emitted when the ownership moves.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    /// @notice Emitted when the contract is paused.
    event Paused(address account);
    /// @notice Emitted when the contract runs again.
    event Unpaused(address account);

    constructor() {
        _setOwner(msg.sender);
    }

    modifier onlyOwner() {
        require(msg.sender == _owner, "Ownable: caller is not the owner");
        _;
    }

    modifier nonReentrant() {
        require(!_entered, "ReentrancyGuard: reentrant call");
        _entered = true;
        _;
        _entered = false;
    }

    modifier whenNotPaused() {
        require(!_paused, "Pausable: paused");
        _;
    }

    /// @notice Hands the ownership over.
    function transferOwnership(address newOwner) public onlyOwner {
        require(newOwner != address(0), "Ownable: new owner is the zero address");
        _setOwner(newOwner);
    }

    /// @notice Gives the ownership up.
    function renounceOwnership() public onlyOwner {
        _setOwner(address(0));
    }

    /// @notice Returns the owner.
    function owner() public view returns (address) {
        return _owner;
    }

    function _setOwner(address newOwner) private {
        emit OwnershipTransferred(_owner, newOwner);
        _owner = newOwner;
    }

    function _isPaused() internal view returns (bool) {
        return _paused;
    }

    function _pause() internal whenNotPaused {
        _paused = true;
        emit Paused(msg.sender);
    }

    function _unpause() internal {
        require(_paused, "Pausable: not paused");
        _paused = false;
        emit Unpaused(msg.sender);
    }
}
